"""`python -m benchmarks.english`: the English models beside each other.

Accuracy of names and grammar, speed on one core, memory and load time. Figures are those of one machine and one set of
articles; the report says which.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.footprint import THREADS
from benchmarks.request import parse
from pipeline.errors import PeninsulaError, StorageError

__all__ = ["main", "write_json"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and return the exit code; errors become one line on standard error."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    # Imported here because libraries of matrices read these variables when they are imported.
    from benchmarks.measure import measure
    from benchmarks.report import print_report
    from pipeline.cli.console import ProgressBar, complain, output_console
    from pipeline.settings import load_settings

    try:
        request = parse(sys.argv[1:] if arguments is None else arguments)
        report = measure(request, load_settings(), watch=ProgressBar().watch)
        print_report(report, output_console())
        if request.json is not None:
            write_json(request.json, report.as_dict())
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write the figures. Raises StorageError where that cannot be done."""
    try:
        path.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error


if __name__ == "__main__":
    sys.exit(main())
