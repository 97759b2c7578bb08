"""Files for others: exports in many formats, snapshots with checks, and the codebook.

A format turns a stream of `EventFound` into bytes, in constant memory; `FORMATS` names them all. A snapshot is a folder with the same
events as tables, checked before anyone sees it.

    with query.connect("data") as reader, open("events.csv", "wb") as out:
        write_export(reader, parse_filter([("type", "SANCTION")]), "csv", out)
"""

from pipeline.publish.codebook import make_codebook
from pipeline.publish.formats import FORMATS, Format, export_name, write_export

__all__ = ["FORMATS", "Format", "export_name", "make_codebook", "write_export"]
