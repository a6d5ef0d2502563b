"""Tables in memory, as files."""

from __future__ import annotations

from typing import Any


def is_table(source: Any) -> bool:
    """A pandas DataFrame or an Arrow table; neither library is loaded to find out."""
    return type(source).__name__ in ("DataFrame", "Table", "RecordBatch") and not isinstance(source, (str, bytes))


def write_parquet(table: Any, path: str) -> str:
    """Writes a table and gives its path back. The index of a data frame is no column, as pandas says by `index=False`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("tables in memory are written by pyarrow: pip install 'sluice-import[frames]'") from error
    name = type(table).__name__
    if name == "DataFrame":
        table = pyarrow.Table.from_pandas(table, preserve_index=False)
    elif name == "RecordBatch":
        table = pyarrow.Table.from_batches([table])
    pyarrow.parquet.write_table(table, path)
    return path
