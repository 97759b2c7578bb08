"""The forms in which lists are published, each with its reader; what they read is marked with why it concerns the DPRK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.errors import ListError
from pipeline.lists import ofac_csv, ofac_xml, uk, un_xml
from pipeline.lists.changes import record_key
from pipeline.lists.obtain import RawList
from pipeline.lists.record import ListRead
from pipeline.lists.relevance import select_dprk

__all__ = ["LOADER_VERSION", "read_form"]

LOADER_VERSION = "1"
"""Raised whenever the readers make other records of the same file: stored versions of an older reader are then made anew."""


def read_form(raw: RawList, files: Mapping[str, Path], *, complete: bool = True) -> ListRead:
    """Read a list from its files by part, wherever they lie now; raises ListError, which names them as they were given.

    Every record that concerns the DPRK has its reason. `complete` false takes tables that lack their end.
    """
    try:
        read = _read(raw.format, files, complete=complete)
    except ListError as error:
        message = str(error)
        for file in raw.files:
            message = message.replace(str(files[file.part]), file.origin)
        raise ListError(message) from error
    reasons = {record_key(record): record.reason for record in select_dprk(read.records)}
    return replace(read, records=tuple(replace(record, reason=reasons.get(record_key(record))) for record in read.records))


_READERS: Mapping[str, Callable[[Path], ListRead]] = {
    "ofac_advanced_xml": ofac_xml.read_advanced,
    "ofac_xml": ofac_xml.read_plain,
    "un_xml": un_xml.read,
    "uk_xml": uk.read,
    "uk_csv": uk.read,
}


def _read(name: str, files: Mapping[str, Path], *, complete: bool) -> ListRead:
    if name != "ofac_csv":
        return _READERS[name](files["list"])
    return ofac_csv.read(files["sdn"], alt=files.get("alt"), add=files.get("add"), comments=files.get("sdn_comments"), complete=complete)
