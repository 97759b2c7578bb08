"""Parquet: the whole event in typed columns; lists stay lists, times stay times, and each column says what it means."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, get_args, get_origin

from models.findings import EventFound
from pipeline.errors import ConfigurationError
from pipeline.publish.records import FieldText, describe_fields, from_plain, to_plain
from pipeline.publish.snapshot_file import read_table
from pipeline.publish.tables import Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["encode_parquet", "need_pyarrow", "read_parquet", "write_table"]

_EVENTS = 5_000
"""Events of a row group: a few megabytes in memory, and enough for compression and for skipping by column."""


def need_pyarrow() -> None:
    """Raise ConfigurationError, with what to install, where pyarrow is missing."""
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigurationError("Parquet needs pyarrow: run `pip install 'peninsula[parquet]'`") from error


def encode_parquet(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield a Parquet file, compressed with zstd, whose columns are the fields of `EventFound`. Raises ConfigurationError without pyarrow."""
    need_pyarrow()
    remaining = iter(events)
    with _open_writer(drain := _Drain(), _schema()) as writer:
        while (group := _group(islice(remaining, _EVENTS))).num_rows:
            writer.write_batch(group)
            yield drain.take()
    yield drain.take()


def _group(events: Iterable[EventFound]) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([to_plain(event) for event in events], schema=_schema())


def _open_writer(out: Path | BinaryIO | _Drain, schema: pa.Schema) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Open a Parquet file for writing, as all of ours are written."""
    import pyarrow.parquet as pq

    return pq.ParquetWriter(str(out) if isinstance(out, Path) else out, schema, compression="zstd", version="2.6")


def read_parquet(file: Path | BinaryIO) -> Iterator[EventFound]:
    """Yield the events of a file that `encode_parquet` made."""
    need_pyarrow()
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches():
            for row in batch.to_pylist():
                yield from_plain(EventFound, row)


class _Drain(io.RawIOBase):
    """A file that holds only what was written since it was last emptied."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._position = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Keep the bytes."""
        self._held += data
        size = memoryview(data).nbytes
        self._position += size
        return size

    def tell(self) -> int:
        """Return how many bytes were written in all."""
        return self._position

    def take(self) -> bytes:
        """Return what is held, and hold nothing."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


@cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([_field(field) for field in describe_fields(EventFound)])


def _field(field: FieldText) -> pa.Field:
    import pyarrow as pa

    return pa.field(field.name, _arrow_type(field.kind), nullable=field.optional, metadata={"description": field.text})


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: ANN401 - an annotation
    import pyarrow as pa

    if is_dataclass(kind) and isinstance(kind, type):
        return pa.struct([_field(field) for field in describe_fields(kind)])
    if get_origin(kind) is tuple:
        return pa.list_(pa.field("item", _arrow_type(get_args(kind)[0]), nullable=False))
    scalars = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), datetime: pa.timestamp("us", tz="UTC")}
    return scalars[kind]


def write_table(database: Path, table: Table, path: Path) -> None:
    """Write one table of a snapshot's SQLite file as a Parquet file."""
    import pyarrow as pa

    schema = pa.schema(
        [
            pa.field(column.name, _column_type(column.kind), nullable=column.optional, metadata={"description": column.text})
            for column in table.columns
        ]
    )
    with _open_writer(path, schema) as writer:
        for rows in read_table(database, table):
            cells = zip(table.columns, zip(*rows, strict=True), strict=True)
            arrays = [pa.array([_value(column.kind, value) for value in values], _column_type(column.kind)) for column, values in cells]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _column_type(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    types = {Kind.TEXT: pa.string(), Kind.INTEGER: pa.int64(), Kind.REAL: pa.float64(), Kind.FLAG: pa.bool_()}
    return types.get(kind) or pa.timestamp("us", tz="UTC")


def _value(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - a value of that kind
    if value is None:
        return None
    if kind is Kind.FLAG:
        return bool(value)
    return datetime.fromisoformat(value) if kind is Kind.TIME else value
