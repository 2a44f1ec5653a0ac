"""The table of reports as a Parquet file with typed columns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geotamper.atomic import atomic_path
from geotamper.reporting.table import COLUMNS, Row
from geotamper.sets.parquet.names import arrow

_GROUP = 1000
"""Rows that are kept until they are written together."""


@contextmanager
def parquet_table(path: Path) -> Iterator[Callable[[Row], None]]:
    """Give a function that adds a row to a Parquet file, which appears when the block ends well.

    Text is `string`, truth values `bool`, counts `int64`, numbers `double`, boxes lists of four `int64`; what is
    unknown is null.

    Args:
        path: Of the file.

    Raises:
        MissingLibraryError: pyarrow is not installed.
        OutputError: The file cannot be written.
    """
    pa, parquet = arrow()
    types = {
        "text": pa.string(),
        "truth": pa.bool_(),
        "count": pa.int64(),
        "number": pa.float64(),
        "box": pa.list_(pa.int64(), 4),
    }
    schema = pa.schema([(name, types[column.type]) for name, column in COLUMNS.items()])
    rows: list[Row] = []
    with atomic_path(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
            rows.clear()

        def add(row: Row) -> None:
            rows.append(row)
            if len(rows) >= _GROUP:
                flush()

        yield add
        flush()
