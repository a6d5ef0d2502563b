"""Schemas, rows, files in the client's own words, and the comparison of what came back with what was written."""
import json
import os
import re

import numpy as np
from pymilvus import CollectionSchema, DataType, FieldSchema

from harness import VERSION, check, equal

# What a version lacks is not used there.
HAS_ARRAY = hasattr(DataType, "ARRAY")
HAS_HALF = hasattr(DataType, "FLOAT16_VECTOR")
HAS_SPARSE = hasattr(DataType, "SPARSE_FLOAT_VECTOR")
HAS_INT8_VECTOR = hasattr(DataType, "INT8_VECTOR")
HAS_TIMES = hasattr(DataType, "TIMESTAMPTZ")
HAS_NULLS = VERSION >= (2, 5, 0)
# The bulk writer of 2.2 packs no binary vectors.
HAS_BITS = VERSION >= (2, 4, 0)
if HAS_HALF:
    import ml_dtypes  # noqa: F401  numpy knows bfloat16 only after this

ROWS = 300
DIM = 16
TITLES = ["plain", "Grüße", "漢字", "it's \"quoted\"", "back\\slash", "🚀 rocket", ""]


def float32(values):
    return [float(value) for value in np.asarray(values, dtype=np.float32)]


def make_schema():
    """Every field type that this version and its bulk writer know."""
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=False),
        FieldSchema("flag", DataType.BOOL),
        FieldSchema("i8", DataType.INT8),
        FieldSchema("i16", DataType.INT16),
        FieldSchema("i32", DataType.INT32),
        FieldSchema("f", DataType.FLOAT),
        FieldSchema("d", DataType.DOUBLE),
        FieldSchema("title", DataType.VARCHAR, max_length=200, description="a title"),
        FieldSchema("attrs", DataType.JSON),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
    ]
    if HAS_BITS:
        fields.append(FieldSchema("bits", DataType.BINARY_VECTOR, dim=32))
    if HAS_ARRAY:
        fields.append(FieldSchema("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=40))
        fields.append(FieldSchema("numbers", DataType.ARRAY, element_type=DataType.INT64, max_capacity=8))
    if HAS_HALF:
        fields.append(FieldSchema("f16", DataType.FLOAT16_VECTOR, dim=4))
        fields.append(FieldSchema("bf16", DataType.BFLOAT16_VECTOR, dim=4))
    if HAS_SPARSE:
        fields.append(FieldSchema("sparse", DataType.SPARSE_FLOAT_VECTOR))
    if HAS_INT8_VECTOR:
        fields.append(FieldSchema("i8v", DataType.INT8_VECTOR, dim=8))
    if HAS_TIMES:
        fields.append(FieldSchema("geo", DataType.GEOMETRY))
        fields.append(FieldSchema("at", DataType.TIMESTAMPTZ))
    if HAS_NULLS:
        fields.append(FieldSchema("maybe", DataType.INT64, nullable=True))
        fields.append(FieldSchema("note", DataType.VARCHAR, max_length=60, nullable=True))
        fields.append(FieldSchema("level", DataType.INT32, default_value=np.int32(7)))
    return CollectionSchema(fields, description="compat", enable_dynamic_field=True)


def make_rows(rnd, schema, count, first=0):
    names = {field.name for field in schema.fields}
    rows = []
    for i in range(first, first + count):
        row = {
            "id": 9007199254740993 + i if i % 3 == 0 else i - 150,
            "flag": i % 2 == 0,
            "i8": rnd.randint(-128, 127),
            "i16": rnd.randint(-32768, 32767),
            "i32": rnd.randint(-(2**31), 2**31 - 1),
            "f": float(np.float32(rnd.uniform(-1000, 1000))),
            "d": rnd.uniform(-1e9, 1e9),
            "title": TITLES[i % len(TITLES)] + str(i),
            "attrs": {"n": i, "deep": {"list": [1, 2, {"x": None}]}, "text": "é"},
            "vector": float32([rnd.uniform(-1, 1) for _ in range(DIM)]),
            "bits": [rnd.randint(0, 255) for _ in range(4)],
            "tags": [f"t{j}" for j in range(i % 5)],
            "numbers": [rnd.randint(-(2**60), 2**60) for _ in range(i % 4)],
            "f16": [rnd.randint(-64, 64) / 8 for _ in range(4)],
            "bf16": [rnd.randint(-16, 16) / 8 for _ in range(4)],
            "sparse": {j * 7: 0.5 + j for j in range(1 + i % 4)},
            "i8v": [rnd.randint(-128, 127) for _ in range(8)],
            "geo": f"POINT ({i} {-i / 2})",
            "at": f"2024-02-{1 + i % 28:02}T{i % 24:02}:30:00Z",
            "maybe": None if i % 4 == 0 else i * 10,
            "note": None if i % 5 == 0 else f"note {i}",
            "level": rnd.randint(0, 100),
        }
        row = {key: value for key, value in row.items() if key in names}
        row["extra"] = f"dyn{i}"
        row["extra_number"] = i
        rows.append(row)
    return rows


def open_writer(schema, file_type, path):
    if VERSION < (2, 4, 0):
        from pymilvus.bulk_writer.constants import BulkFileType
        from pymilvus.bulk_writer.local_bulk_writer import LocalBulkWriter
    else:
        from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter
    names = {"json": ["JSON", "JSON_RB"], "npy": ["NUMPY", "NPY"], "parquet": ["PARQUET"], "jsonl": ["JSONL"]}[file_type]
    kind = next((getattr(BulkFileType, name) for name in names if hasattr(BulkFileType, name)), None)
    if kind is None:
        return None
    size = {"segment_size" if VERSION < (2, 4, 0) else "chunk_size": 512 * 1024 * 1024}
    return LocalBulkWriter(schema=schema, local_path=path, file_type=kind, **size)


def for_writer(row):
    """The row as the writer wants it: bytes of binary vectors in one, int8 vectors as an array."""
    row = dict(row)
    if "bits" in row:
        row["bits"] = bytes(row["bits"])
    if "i8v" in row:
        row["i8v"] = np.array(row["i8v"], dtype=np.int8)
    return row


def write_files(ctx, schema, rows, file_type, folder):
    """The client's bulk writer; a list of file lists, or None when this version writes no such files."""
    writer = open_writer(schema, file_type, os.path.join(ctx.folder, folder))
    if writer is None:
        return None
    for row in rows:
        writer.append_row(for_writer(row))
    writer.commit()
    batches = writer.batch_files
    check(batches, f"the writer wrote no {file_type} files")
    return [batch if isinstance(batch, list) else [batch] for batch in batches]


def write_by_hand(ctx, rows, folder, lines):
    """What users without a bulk writer do."""
    path = os.path.join(ctx.folder, folder)
    os.makedirs(path, exist_ok=True)
    name = os.path.join(path, "rows.jsonl" if lines else "rows.json")
    with open(name, "w", encoding="utf-8") as out:
        if lines:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            json.dump({"rows": rows}, out)
    return [[name]]


def vector_bytes(value):
    """Versions hand out binary, half and int8 vectors as bytes, in a list of one, or as an array."""
    if isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], (bytes, bytearray)):
        value = value[0]
    return value


def from_bytes(value, dtype):
    value = vector_bytes(value)
    if isinstance(value, (bytes, bytearray)):
        value = np.frombuffer(value, dtype=np.dtype(dtype))
    return [float(item) for item in value]


def normal(field, value):
    """One form for written and returned values."""
    if value is None:
        return None
    if field == "bits":
        return list(vector_bytes(value))
    if field == "i8v":
        return from_bytes(value, "int8")
    if field == "f16":
        return from_bytes(value, "float16")
    if field == "bf16":
        return from_bytes(value, "bfloat16")
    if field == "vector":
        return float32(value)
    if field == "sparse":
        return {int(key): float(item) for key, item in dict(value).items()}
    if field in ("tags", "numbers"):
        return list(value)
    if field == "f":
        return float(np.float32(value))
    if field == "attrs" and isinstance(value, (str, bytes)):
        return json.loads(value)
    if field == "geo":
        return [float(number) for number in re.findall(r"[-0-9.]+", value)]
    if field == "at":
        return value.replace("+00:00", "Z")
    return value


def compare_rows(found, expected, fields):
    by_id = {row["id"]: row for row in found}
    equal(len(found), len(by_id), "number of different keys")
    equal(len(by_id), len(expected), "number of rows")
    for row in expected:
        other = by_id.get(row["id"])
        check(other is not None, f"row {row['id']} is missing")
        for field in fields:
            check(field in other, f"row {row['id']} lacks {field}: {sorted(other)}")
            equal(normal(field, other[field]), normal(field, row.get(field)), f"row {row['id']}, field {field}")
