#!/usr/bin/env bash
# ClickHouse 26.9.2 (PyPI chdb 4.4.0): one query as Arrow has plain numbers where as Parquet it has times and words.
#
# Both formats are Arrow's types, and of a DateTime64, a Date or a UUID both have the same. A DateTime, the usual type of a time, is a
# timestamp in Parquet and a bare uint32 in Arrow, of seconds, without time zone; an Enum is its word in Parquet and an int8 in Arrow,
# whose meaning only the table knew. So a pipeline that changes from one format to the other changes its columns, without an error, and
# an importer that goes by types makes a number of the time.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check chdb==4.4.0 pyarrow==26.0.1
venv/bin/python - <<'PY'
import io, sys
import chdb, pyarrow as pa, pyarrow.parquet as pq

QUERY = """
select toDateTime('2026-01-02 03:04:05', 'UTC') as at, toDateTime64('2026-01-02 03:04:05', 3, 'UTC') as at64,
  toDate('2026-01-02') as day, cast('novel' as Enum8('essay' = 1, 'novel' = 2)) as kind
"""
parquet = pq.read_table(io.BytesIO(chdb.query(QUERY, "Parquet").bytes()))
arrow = pa.ipc.open_file(chdb.query(QUERY, "Arrow").bytes()).read_all()
print("ClickHouse", str(chdb.query("select version()", "CSV")).strip())
for name in parquet.column_names:
    print(f"{name}: Parquet {parquet[name].type} {parquet[name][0]}, Arrow {arrow[name].type} {arrow[name][0]}")
types = [str(arrow[name].type) for name in ("at", "at64", "day", "kind")]
is_so = types == ["uint32", "timestamp[ms, tz=UTC]", "date32[day]", "int8"]
is_so = is_so and str(parquet["at"].type) == "timestamp[ms, tz=UTC]" and parquet["kind"].to_pylist() == [b"novel"]
sys.exit(0 if is_so else 1)
PY
