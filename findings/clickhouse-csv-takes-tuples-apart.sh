#!/usr/bin/env bash
# ClickHouse 26.9.2 (PyPI chdb 4.4.0): as CSV a query has more columns than as anything else.
#
# A Tuple, which is one column in Parquet, JSON and tab-separated text, is a column for each of its members in CSV, without a sign of it
# but the points in the names of the header (and none at all without one). The setting that says so is on by default. So the names of
# columns that a reader was given for the tab-separated file do not count for the CSV file of the same query: a number is taken for the
# column behind the tuple. Maps and arrays stay one cell in both.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check chdb==4.4.0
venv/bin/python - <<'PY'
import sys
import chdb

QUERY = "select 1 as id, (52.5, 13.4)::Tuple(lat Float64, lon Float64) as at, map('a', 2) as m, [1, 2] as list"
csv, tsv = (str(chdb.query(QUERY, name)).splitlines() for name in ("CSVWithNames", "TSVWithNames"))
print("ClickHouse", str(chdb.query("select version()", "CSV")).strip())
print("CSV", csv)
print("tab-separated", tsv)
bare = str(chdb.query(QUERY, "CSV")).strip()
print("CSV without a header", bare)
is_so = csv == ['"id","at.lat","at.lon","m","list"', "1,52.5,13.4,\"{'a':2}\",\"[1,2]\""]
is_so = is_so and tsv == ["id\tat\tm\tlist", "1\t(52.5,13.4)\t{'a':2}\t[1,2]"] and bare == csv[1]
sys.exit(0 if is_so else 1)
PY
