#!/usr/bin/env bash
# duckdb 2.0.1 (pyarrow 26.0.1 reads along): a UNION is another thing in each file that it is copied to.
#
# A column UNION(num INTEGER, str VARCHAR) holds one of both, and which one. In Parquet it is a struct with one member more
# than it was declared with, `element1`, a number: the position of the member that counts. Nothing says so, DuckDB itself
# reads the struct and no union, and a null in the member that counts looks like one that does not. In JSON the row has the
# member that counts alone, under its name. In CSV the name is gone: the number 5 and the text 5 are the same line.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1
venv/bin/python - <<'PY'
import sys
import duckdb, pyarrow as pa, pyarrow.parquet as pq

print(f"duckdb {duckdb.__version__}, pyarrow {pa.__version__}")
duckdb.sql("""
    create table t as select * from (values
        (1, union_value(num := 5)::union(num integer, str varchar)),
        (2, union_value(str := '5')::union(num integer, str varchar))) v(id, u)""")
print("tags:", tags := duckdb.sql("select union_tag(u) from t order by id").fetchall())
for name in ("t.parquet", "t.json", "t.csv"):
    duckdb.sql(f"copy t to '{name}'")
own = duckdb.sql("describe select u from 't.parquet'").fetchall()[0][1]
rows = pq.read_table("t.parquet").column("u").to_pylist()
json, csv = open("t.json").read().split(), open("t.csv").read().split()
print("Parquet, as DuckDB reads it:", own)
print("Parquet, as pyarrow reads it:", rows)
print("JSON:", json)
print("CSV:", csv)
is_so = (
    [tag for tag, in tags] == ["num", "str"]
    and own == "STRUCT(element1 UTINYINT, num INTEGER, str VARCHAR)"
    and rows == [{"element1": 0, "num": 5, "str": None}, {"element1": 1, "num": None, "str": "5"}]
    and json == ['{"id":1,"u":{"num":5}}', '{"id":2,"u":{"str":"5"}}']
    and csv == ["id,u", "1,5", "2,5"]
)
sys.exit(0 if is_so else 1)
PY
