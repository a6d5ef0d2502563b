#!/usr/bin/env bash
# PyPI deltalake 1.6.6: the table that it has written reads back as nulls alone by to_pyarrow_table, and as rows by its QueryBuilder.
#
# With `delta.columnMapping.mode` columns have other names in the Parquet files (`col-…`) than in the table. `write_deltalake` takes the
# setting and writes such files. `DeltaTable.to_pyarrow_table`, and `to_pandas` by it, then look for the names of the table, find none, and give a
# table of the right columns and the right number of rows in which every value is null, without an error; the query engine of the same package
# gives the rows. polars refuses the table. So a check by count passes, and a pipeline that copies the table by pandas has lost all of it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import deltalake, pyarrow as pa

rows = pa.table({"id": [1, 2, 3], "title": ["a", "b", "c"]})
deltalake.write_deltalake("t", rows, configuration={"delta.columnMapping.mode": "name"})
table = deltalake.DeltaTable("t")
arrow = table.to_pyarrow_table().to_pydict()
queried = pa.table(deltalake.QueryBuilder().register("t", table).execute("SELECT id, title FROM t ORDER BY id").read_all()).to_pydict()
print("deltalake", deltalake.__version__, "to_pyarrow_table:", arrow)
print("to_pandas:", table.to_pandas().to_dict("list"))
print("QueryBuilder:", queried)
sys.exit(0 if arrow == {"id": [None] * 3, "title": [None] * 3} and queried == rows.to_pydict() else 1)
PY
