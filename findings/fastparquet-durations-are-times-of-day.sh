#!/usr/bin/env bash
# PyPI fastparquet 2026.9.0 (pandas 3.1.1): a duration is written as a time of day, and each reader makes another value of 25 hours.
#
# Parquet has no type for durations. pyarrow writes the integers, and notes in its own metadata what they are; fastparquet says TIME,
# which the format keeps to one day. Its own reader, which goes by the metadata of pandas, gives the duration back. Of 25 hours pyarrow
# 26.0.1 makes 01:00, polars 2.1.0 null, DuckDB 2.0.1 refuses the file, and of one hour less than nothing they make 23:00, null and a refusal.
# So a column of waiting times is right until the first one that takes longer than a day.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
venv/bin/python - <<'PY'
import sys
import duckdb, fastparquet, pandas as pd, polars as pl, pyarrow.parquet as pq

frame = pd.DataFrame({"id": [1, 2, 3], "took": pd.to_timedelta([1.5, 25, -1], "h")})
frame.to_parquet("t.parquet", engine="fastparquet", index=False)
own = pd.read_parquet("t.parquet", engine="fastparquet")["took"].tolist()
table = pq.read_table("t.parquet")
arrow = [str(value) for value in table["took"].to_pylist()]
nulls = pl.read_parquet("t.parquet")["took"].is_null().to_list()
try:
    refusal = str(duckdb.sql("from 't.parquet'").fetchall())
except duckdb.Error as error:
    refusal = str(error)
print(f"fastparquet {fastparquet.__version__}: {[str(value) for value in own]}, written as {table.schema.field('took').type}")
print(f"pyarrow: {arrow}; polars: null {nulls}; DuckDB: {refusal}")
is_so = own == frame["took"].tolist() and arrow == ["01:30:00", "01:00:00", "23:00:00"] and nulls == [False, True, True]
sys.exit(0 if is_so and "within a day" in refusal else 1)
PY
