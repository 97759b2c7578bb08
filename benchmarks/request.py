"""What a benchmark is asked for. Imports nothing heavy: the command line reads it before the libraries are loaded."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, get_args

from pipeline.errors import UsageError

__all__ = ["MODELS", "PARTS", "Model", "Part", "Request", "parse"]

Model = Literal["encoder", "cnn", "blank"]
Part = Literal["names", "grammar", "speed", "footprint"]
MODELS: tuple[Model, ...] = get_args(Model)
PARTS: tuple[Part, ...] = get_args(Part)

_N = TypeVar("_N", bound=str)


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure, on what; grammar is left out where there is no treebank."""

    gold: Path
    models: tuple[Model, ...] = MODELS
    treebank: Path | None = None
    installed: tuple[str, ...] = ()
    parts: tuple[Part, ...] = PARTS
    rounds: int = 5
    json: Path | None = None


def parse(arguments: Sequence[str]) -> Request:
    """Read the command line. Raises UsageError for wrong values; argparse itself ends the program for wrong options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.english",
        description="Accuracy of names and grammar, speed on one core, memory and load time of the English models.",
        epilog="The models are those in PENINSULA_MODELS_DIR, the knowledge base that in PENINSULA_KB_DIR; default is what is shipped.",
    )
    parser.add_argument("--gold", type=Path, required=True, metavar="FILE.jsonl", help="annotated articles; those in English are used")
    parser.add_argument("--treebank", type=Path, metavar="FILE.conllu[.xz]", help="a treebank of Universal Dependencies, for grammar")
    parser.add_argument("--models", default=",".join(MODELS), metavar="NAMES", help="which of encoder, cnn, blank (default: all)")
    parser.add_argument("--installed", action="append", default=[], metavar="NAME", help="another spaCy pipeline; may be repeated")
    parser.add_argument("--parts", default=",".join(PARTS), metavar="NAMES", help=f"which of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of the speed measurement (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    given = parser.parse_args(arguments)
    if given.rounds < 1:
        raise UsageError(f"--rounds {given.rounds}: at least one is needed")
    if given.json is not None and not given.json.resolve().parent.is_dir():
        raise UsageError(f"--json {given.json}: the folder does not exist")
    return Request(
        given.gold,
        _choose("--models", given.models, MODELS),
        given.treebank,
        tuple(given.installed),
        _choose("--parts", given.parts, PARTS),
        given.rounds,
        given.json,
    )


def _choose(option: str, text: str, known: Iterable[_N]) -> tuple[_N, ...]:
    """Return the names in a list such as "encoder,cnn", in the order in which they are known."""
    wanted = {part.strip() for part in text.split(",") if part.strip()}
    chosen = tuple(name for name in known if name in wanted)
    if not chosen or wanted - set(chosen):
        raise UsageError(f"{option} {text!r}: expected some of {', '.join(known)}, separated by commas")
    return chosen
