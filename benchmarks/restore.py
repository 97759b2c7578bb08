"""`python -m benchmarks.restore`: annotations that are kept without their texts, put together with the texts again.

Out comes a file of annotated articles as `peninsula evaluate` and the other benchmarks read it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.console import complain
from pipeline.errors import PeninsulaError, StorageError
from pipeline.train.restore import restore

__all__ = ["main", "restore"]

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the articles and return the exit code; errors become one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.restore",
        description="Put annotations that are kept without their texts together with the texts.",
        epilog="Then: peninsula evaluate restored.jsonl",
    )
    parser.add_argument(
        "annotations", type=Path, metavar="ANNOTATIONS.jsonl", help="for example models/language/annotations/en_events.jsonl"
    )
    parser.add_argument("--texts", type=Path, required=True, metavar="FOLDER", help="where NAME.jsonl.gz lie, with id and text")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.jsonl", help="where the annotated articles go")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        rows = restore(given.annotations, given.texts)
        _write(given.out, rows)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _write(path: Path, rows: Sequence[Row]) -> None:
    try:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error


if __name__ == "__main__":
    sys.exit(main())
