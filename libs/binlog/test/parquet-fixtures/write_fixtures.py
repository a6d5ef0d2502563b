"""Writes the Parquet files of this folder. Run in it, with pyarrow 26: python write_fixtures.py"""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq

random.seed(1)
ROWS = 500
expected = {}


def text(value):
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)


def write(name, values, arrow_type, data_type, **options):
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False} | options
    nullable = any(value is None for value in values)
    schema = pa.schema([pa.field("100", arrow_type, nullable=nullable)])
    pq.write_table(pa.table([pa.array(values, arrow_type)], schema), f"{name}.parquet", **options)
    expected[name] = {"dataType": data_type, "rows": [text(value) for value in values]}


def with_nulls(values):
    return [None if i % 7 in (2, 3) else value for i, value in enumerate(values)]


ints = [random.choice([i, -i * i, random.getrandbits(62), -random.getrandbits(62)]) for i in range(ROWS)]
small = [random.choice([-128, 127, i % 100, -1]) for i in range(ROWS)]
wide = [random.choice([-(2**31), 2**31 - 1, i, random.getrandbits(30)]) for i in range(ROWS)]
texts = [f"prefix-{i // 9:04}-{'é漢😀'[i % 3] * (i % 4)}" for i in range(ROWS)]
doubles = [random.choice([0.5, -1e300, 5e-324, i / 7]) for i in range(ROWS)]
bools = [i % 3 == 0 or i % 50 > 40 for i in range(ROWS)]
vectors = [bytes((i * k) % 256 for k in range(12)) for i in range(ROWS)]
few = [i % 5 * 10**15 for i in range(ROWS)]

v2 = {"data_page_version": "2.0"}
pages = {"data_page_size": 512, "write_batch_size": 64}
write("int64-delta-v2-snappy", with_nulls(ints), pa.int64(), 5, compression="snappy",
      column_encoding={"100": "DELTA_BINARY_PACKED"}, **v2, **pages)
write("int64-delta-v1", ints, pa.int64(), 5, column_encoding={"100": "DELTA_BINARY_PACKED"})
write("int32-delta-v2", wide, pa.int32(), 4, column_encoding={"100": "DELTA_BINARY_PACKED"}, **v2)
write("int8-delta-zstd", with_nulls(small), pa.int8(), 2, compression="zstd", column_encoding={"100": "DELTA_BINARY_PACKED"})
write("text-delta-length", with_nulls(texts), pa.string(), 21, column_encoding={"100": "DELTA_LENGTH_BYTE_ARRAY"}, **pages)
write("text-delta-prefix-brotli", texts, pa.string(), 21, compression="brotli",
      column_encoding={"100": "DELTA_BYTE_ARRAY"}, **v2, **pages)
write("double-byte-stream-split-gzip", with_nulls(doubles), pa.float64(), 11, compression="gzip",
      column_encoding={"100": "BYTE_STREAM_SPLIT"}, **v2)
write("vector-byte-stream-split", vectors, pa.binary(12), 101, column_encoding={"100": "BYTE_STREAM_SPLIT"})
write("bool-runs-v2", with_nulls(bools), pa.bool_(), 1, column_encoding={"100": "RLE"}, **v2)
write("bool-plain-pages", bools, pa.bool_(), 1, **pages)
write("int64-dictionary-groups", with_nulls(few), pa.int64(), 5, use_dictionary=True, row_group_size=150, compression="zstd")
write("int64-dictionary-then-plain", ints, pa.int64(), 5, use_dictionary=True, dictionary_pagesize_limit=1024, **pages)
write("text-dictionary-then-plain", with_nulls(texts), pa.string(), 21, use_dictionary=True,
      dictionary_pagesize_limit=512, compression="snappy", **pages)
write("vector-dictionary", [vectors[i % 20] for i in range(ROWS)], pa.binary(12), 101, use_dictionary=True)
write("all-null", [None] * 40, pa.int64(), 5, use_dictionary=True)
write("no-null-v2", with_nulls(doubles)[:2], pa.float64(), 11, **v2)
write("int64-lz4", ints[:20], pa.int64(), 5, compression="lz4")

write("bad-list", [[1], [2, 3]], pa.list_(pa.int64()), 5)
write("bad-type", ints[:20], pa.int64(), 21)
write("bad-int8-range", [1, 2, 300], pa.int32(), 2)
for name in [name for name in expected if name.startswith("bad-")]:
    del expected[name]

for pk, pk_type, name in [(ints[:50], pa.int64(), "int64"), (texts[:50], pa.string(), "text")]:
    schema = pa.schema([pa.field("pk", pk_type, nullable=False), pa.field("ts", pa.int64(), nullable=False)])
    times = [445644800000000000 + i for i in range(50)]
    pq.write_table(pa.table([pa.array(pk, pk_type), pa.array(times, pa.int64())], schema), f"deletes-{name}.parquet",
                   compression="zstd", store_schema=False, write_statistics=False)
    expected[f"deletes-{name}"] = {"rows": [text(value) for value in pk]}

with open("expected.json", "w", encoding="utf-8") as file:
    json.dump(expected, file, ensure_ascii=False)
