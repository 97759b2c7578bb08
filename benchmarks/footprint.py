"""Load time and memory of a system in a process of its own.

Run as a module, it is that process: it loads the system, reads a short text, then the articles, and prints what that took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import PeninsulaError

__all__ = ["THREADS", "Footprint", "measure_footprint", "peak_memory"]

_TEXT = "SEOUL -- South Korea's foreign minister met his Japanese counterpart on Monday."
_PATIENCE = 600
"""Seconds after which a process that loads a system is given up."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
"""Variables that libraries of matrices read once, when they are imported."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process took.

    `load` is the time in seconds from the start of the interpreter until the first short text is read, best of the runs, and
    `cpu` the CPU time in that span, of which `steps` tells where it went; `memory` and `memory_after` the most resident
    memory in bytes then, and after all articles.
    """

    load: float
    cpu: float
    memory: int
    memory_after: int
    steps: Mapping[str, float] = field(default_factory=dict)


def measure_footprint(system: Mapping[str, str], texts: Sequence[str], *, runs: int = 3) -> Footprint:
    """Load a system in fresh processes, one after the other, and return the least of each figure.

    `system` is {"model": …, "kb_dir": …, "models_dir": …} for ours or {"installed": …} for another pipeline.
    Raises PeninsulaError with the last line that the process wrote where it fails.
    """
    results = [_run(system, texts) for _ in range(runs)]
    least = {name: min(result[name] for result in results) for name in ("load", "cpu", "memory", "memory_after")}
    return Footprint(**least, steps=min(results, key=lambda result: float(result["cpu"]))["steps"])


def _run(system: Mapping[str, str], texts: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.footprint"]
    request = json.dumps({"system": dict(system), "texts": list(texts), "begun": time.time()})
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    root = Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=request,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
            cwd=root,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise PeninsulaError(f"loading {dict(system)} took more than {_PATIENCE} seconds") from error
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise PeninsulaError(f"loading {dict(system)} failed: {words[-1] if words else f'exit code {done.returncode}'}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def peak_memory() -> int:
    """Return the most resident memory of this process so far, in bytes.

    Linux hands the figure of getrusage on to the programs that a process starts, so that a small child of a big parent
    looks big; the one in /proc is of this program alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


class _Steps:
    """Notes the CPU time of one step after the other."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._last = 0.0

    def note(self, step: str) -> None:
        """End a step."""
        now = time.process_time()
        self.times[step] = now - self._last
        self._last = now


def _serve() -> None:
    request = json.load(sys.stdin)
    steps = _Steps()
    read = _load(request["system"], steps)
    read([_TEXT])
    result = {"load": time.time() - request["begun"], "cpu": time.process_time(), "memory": peak_memory()}
    steps.note("first text")
    read(request["texts"])
    sys.stdout.write(json.dumps({**result, "memory_after": peak_memory(), "steps": steps.times}))


def _load(system: Mapping[str, str], steps: _Steps) -> Callable[[Sequence[str]], None]:
    """Load the system and return what reads texts with it. Imports are here since their time is part of what is measured."""
    if "installed" in system:
        import spacy

        steps.note("imports")
        nlp = spacy.load(system["installed"])
        steps.note("pipeline")

        def read(texts: Sequence[str]) -> None:
            for _ in nlp.pipe(texts):
                pass

        return read

    from pipeline.extract import read_document
    from pipeline.kb.load import load_knowledge
    from pipeline.settings import load_settings
    from pipeline.tag import load_pipeline, tag_many

    steps.note("imports")
    settings = load_settings(**{name: system[name] for name in ("model", "kb_dir", "models_dir")})
    knowledge = load_knowledge(settings.kb_dir)
    steps.note("knowledge base")
    ours = load_pipeline("en", knowledge=knowledge, settings=settings)
    steps.note("pipeline")

    def read_ours(texts: Sequence[str]) -> None:
        for _ in tag_many((read_document(id=str(place), text=text, lang="en") for place, text in enumerate(texts)), ours):
            pass

    return read_ours


if __name__ == "__main__":
    _serve()
