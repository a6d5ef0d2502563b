#!/usr/bin/env bash
# PyPI duckdb 2.0.1: `COPY … (FORMAT parquet)` rounds the sum of integers to a float, which JSON and CSV of the same query do not.
#
# `sum` of a BIGINT is a HUGEINT, so that it cannot overflow, and so is a number in a query that is too large for a BIGINT. Parquet has no
# such integers, and DuckDB writes a DOUBLE: 2^53 + 1 becomes 2^53, without a warning, and even where the value would fit an INT64. Arrow
# of the same query has decimal128 with all digits, JSON and CSV have all digits, too. Keys or offsets that were added up somewhere are
# so no longer unique in the file. `sum(x)::BIGINT`, or `::DECIMAL(38, 0)`, keeps them.
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
import duckdb, pyarrow.parquet as pq

QUERY = "select sum(x) as total, sum(x)::bigint as as_bigint from (values (9007199254740992), (1)) t(x)"
duckdb.sql(f"copy ({QUERY}) to 't.parquet'")
duckdb.sql(f"copy ({QUERY}) to 't.json'")
table, text = pq.read_table("t.parquet"), open("t.json").read().strip()
arrow = duckdb.sql(QUERY).to_arrow_table()
print(f"duckdb {duckdb.__version__}: JSON {text}")
print(f"Arrow: {arrow['total'].type} {arrow['total'][0]}; Parquet: {table['total'].type} {table['total'][0].as_py():.0f}, as BIGINT {table['as_bigint'][0]}")
is_so = str(table["total"].type) == "double" and table["total"][0].as_py() == 2.0**53 and table["as_bigint"][0].as_py() == 2**53 + 1
sys.exit(0 if is_so and '"total":9007199254740993' in text and str(arrow["total"].type) == "decimal128(38, 0)" else 1)
PY
