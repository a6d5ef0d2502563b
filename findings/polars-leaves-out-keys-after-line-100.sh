#!/usr/bin/env bash
# PyPI polars 2.1.0: `read_ndjson` leaves out what first comes after line 100, without a word, where `read_json` of the same rows raises.
#
# Types are taken from the first hundred lines. A later value that does not fit them raises (0.5 in a column of integers), and so does in a
# list of rows (`read_json`) a key that they do not have. In JSON Lines such a key is passed over, at the top and within objects
# and lists of objects: payloads in which a key is rare lose it when they go through polars, by their order alone. Whoever tries with a
# small file sees all keys. `infer_schema_length=None` reads all lines first.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check polars==2.1.0
venv/bin/python - <<'PY'
import io, json, sys
import polars as pl

late = {"id": 100, "payload": {"a": 1, "rare": "x"}, "tag": "t"}

def last(first, **options):
    rows = [{"id": i, "payload": {"a": 1}} for i in range(first)] + [late]
    return pl.read_ndjson(io.BytesIO("\n".join(map(json.dumps, rows)).encode()), **options).row(-1, named=True)

def of_list():
    rows = [{"id": i, "payload": {"a": 1}} for i in range(100)] + [late]
    try:
        return pl.read_json(io.BytesIO(json.dumps(rows).encode())).row(-1, named=True)
    except pl.exceptions.ComputeError as error:
        return f"{type(error).__name__}: {error}"

at_99, at_100, all_read, as_list = last(99), last(100), last(100, infer_schema_length=None), of_list()
print(f"polars {pl.__version__}, {late} behind 99 lines: {at_99}")
print(f"behind 100 lines: {at_100}; with infer_schema_length=None: {all_read}")
print(f"read_json of a list: {as_list}")
is_so = at_99 == late == all_read and at_100 == {"id": 100, "payload": {"a": 1}} and "extra field" in str(as_list)
sys.exit(0 if is_so else 1)
PY
