#!/usr/bin/env bash
# PyPI polars 2.1.0: ids above 2^63 in a CSV or JSON file make a Parquet file of which pyarrow 26.0.1 opens not even the other columns.
#
# Hashes and the ids of some vector stores are unsigned 64-bit numbers. Of a Python list of them polars makes UInt64; of the same digits
# in a file, where nothing names a type, Int128, which neither Parquet nor Arrow has. `write_parquet` keeps it as 16 bytes and says
# Int128 in the Arrow schema in the footer. pyarrow, and pandas with it, refuses that schema before it looks at the columns asked for;
# DuckDB 2.0.1 reads blobs. polars alone reads back what it wrote. `schema_overrides={"id": pl.UInt64}` avoids it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 duckdb==2.0.1
venv/bin/python - <<'PY'
import sys
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq

ID = 2**64 - 1
types = {
    "list": pl.DataFrame({"id": [ID]}).schema["id"],
    "CSV": pl.read_csv(f"id,title\n{ID},a\n".encode()).schema["id"],
    "JSON lines": pl.read_ndjson(f'{{"id":{ID}}}\n'.encode()).schema["id"],
}
print(f"polars {pl.__version__}:", types)
pl.read_csv(f"id,title\n{ID},a\n".encode()).write_parquet("t.parquet")
try:
    said = pq.read_table("t.parquet", columns=["title"]).to_pylist()
except pa.ArrowNotImplementedError as error:
    said = str(error)
print(f"pyarrow {pa.__version__}, the column title alone: {said}")
blob = duckdb.sql("select id from 't.parquet'").fetchall()[0][0]
print(f"duckdb {duckdb.__version__}: {blob!r}; polars: {pl.read_parquet('t.parquet')['id'].to_list()}")
is_so = list(map(str, types.values())) == ["UInt64", "Int128", "Int128"] and "64 bits" in said and blob == b"\xff" * 8 + bytes(8)
sys.exit(0 if is_so else 1)
PY
