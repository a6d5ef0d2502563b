"""Reads Parquet payloads with pyarrow: a JSON list of paths on stdin, a JSON list of what they hold on stdout."""

import json
import sys

import pyarrow.parquet as pq


def text(value):
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value.encode().hex()
    return str(value)


def read(path):
    file = pq.ParquetFile(path)
    schema = file.schema
    chunk = file.metadata.row_group(0).column(0)
    leaf = schema.column(0)
    # Arrow refuses or changes what its annotations do not allow, so the values go through it, not around it.
    values = file.read().column(0)
    if str(values.type) in ("float", "double"):
        rows = [None if value is None else value.hex() for value in values.to_pylist()]
    else:
        rows = [text(value) for value in values.to_pylist()]
    return {
        "columns": schema.names,
        "physical": leaf.physical_type,
        "logical": str(leaf.logical_type),
        "converted": leaf.converted_type,
        "optional": leaf.max_definition_level == 1,
        "rowGroups": file.metadata.num_row_groups,
        "codec": chunk.compression,
        "createdBy": file.metadata.created_by,
        "rows": rows,
    }


json.dump([read(path) for path in json.load(sys.stdin)], sys.stdout)
