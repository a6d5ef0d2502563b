#!/usr/bin/env bash
# duckdb 2.0.1: one vector that is null, in a column FLOAT[n], and hyparquet 1.33.0 gives the rows behind it the vectors of other rows.
#
# DuckDB writes as many entries of a null FLOAT[2] as a vector has, 2, all of them "no list here", the later ones as if they continued a list.
# Who takes lists apart by the levels of their entries alone makes another row of each: hyparquet gives two nulls for one, every vector after it
# to the row below its own, and leaves out what then is too much at the end; nothing is raised, and ids and other columns stay where they are.
# pyarrow 26.0.1 refuses the file; DuckDB itself, polars and DataFusion read it as it was meant. A column FLOAT[], without the length, is
# written as others write it: `COPY (SELECT * REPLACE (v::FLOAT[] AS v) FROM t) TO …`.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hyparquet@1.33.0
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0
cat >read.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

const names = ["array.parquet", "list.parquet"];
const rows = names.map(async (name) => parquetReadObjects({ file: await asyncBufferFromFile(name) }));
console.log(JSON.stringify(await Promise.all(rows)));
JS
cat >write.py <<'PY'
import duckdb

con = duckdb.connect()
con.execute("create table t as select * from (values (1, [1, 1]::float[2]), (2, null), (3, [3, 3]), (4, [4, 4]), (5, [5, 5])) v(id, v)")
con.execute("copy t to 'array.parquet'")
con.execute("copy (select * replace (v::float[] as v) from t) to 'list.parquet'")
PY
venv/bin/python write.py
node read.mjs >rows.json
venv/bin/python - <<'PY'
import json, sys
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq

given = [[1, 1], None, [3, 3], [4, 4], [5, 5]]
array, plain = ([row["v"] for row in rows] for rows in json.load(open("rows.json")))
own = [v for v, in duckdb.connect().execute("select v from 'array.parquet' order by id").fetchall()]
other = pl.read_parquet("array.parquet")["v"].to_list()
try:
    said = str(pq.read_table("array.parquet")["v"].to_pylist())
except pa.ArrowInvalid as error:
    said = str(error)
version = json.load(open("node_modules/hyparquet/package.json"))["version"]
print(f"the vectors of ids 1 to 5: {given}")
print(f"FLOAT[2] of DuckDB {duckdb.__version__}, by hyparquet {version}: {array}")
print(f"by DuckDB: {own}; by polars {pl.__version__}: {other}")
print(f"by pyarrow {pa.__version__}: {said}")
print(f"FLOAT[], by hyparquet: {plain}")
is_right = plain == own == [list(map(float, v)) if v else None for v in given] and list(map(lambda v: v and list(v), other)) == given
sys.exit(0 if array == [[1, 1], None, None, [3, 3], [4, 4]] and is_right and "list offsets" in said else 1)
PY
