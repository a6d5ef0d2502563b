#!/usr/bin/env bash
# ClickHouse 26.9.2 (PyPI chdb 4.4.0): a date before 1970, or after 2106, that an Arrow file has as date64 is a time of another century.
#
# Arrow has days as date32 and as milliseconds, date64, which `DateMillisecond` of JavaScript is. ClickHouse takes a date64 for a
# DateTime, which is 32 bits of seconds from 1970 on, and keeps what is left modulo 2^32: 1815-12-10 is a day in 2088, 1969-07-20 in 2105 and
# 2120 in 1984. Nothing is raised, nor with a column that was declared Date32, which has room for most of them: it goes through the DateTime.
# The same days as date32 or timestamp are right. Arrow by `Python(table)` of chdb is read alike. `cast(pa.date32())` before avoids it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check chdb==4.4.0 pyarrow==26.0.1
venv/bin/python - <<'PY'
import datetime, json, sys
import chdb, pyarrow as pa, pyarrow.ipc as ipc

days = [datetime.date(1815, 12, 10), datetime.date(1969, 7, 20), datetime.date(1985, 1, 2), datetime.date(2120, 3, 4)]
types = {"date64": pa.date64(), "date32": pa.date32(), "timestamp": pa.timestamp("ms")}
table = pa.table({name: pa.array(days).cast(type) for name, type in types.items()})
with ipc.new_file("t.arrow", table.schema) as file:
    file.write_table(table)
assert ipc.open_file("t.arrow").read_all()["date64"].to_pylist() == days


def read(source):
    """Of each column the days as ClickHouse prints them."""
    rows = str(chdb.query(f"select * from {source} settings session_timezone = 'UTC'", "JSONEachRow")).split("\n")
    return {name: [json.loads(row)[name][:10] for row in rows if row] for name in json.loads(rows[0])}


seen = read("file('t.arrow', Arrow)")
declared = read("file('t.arrow', Arrow, 'date64 Date32')")["date64"]
print("ClickHouse", str(chdb.query("select version()", "CSV")).strip())
print("given:    ", list(map(str, days)))
for name, column in seen.items():
    print(f"{name + ':':10}", column)
print("date64 that is declared Date32:", declared)
wrong = ["2088-02-21", "2105-08-26", "1985-01-02", "1984-01-26"]
is_so = seen["date64"] == declared == wrong and seen["date32"] == seen["timestamp"] == list(map(str, days))
sys.exit(0 if is_so else 1)
PY
