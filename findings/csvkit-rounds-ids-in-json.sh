#!/usr/bin/env bash
# PyPI csvkit 2.2.0: `csvjson` makes other ids of those beyond 2^53, and true and false of a column of 1 and 0.
#
# csvkit reads numbers as decimals, exactly, and `csvsort` writes all digits of them. `csvjson` writes floats: 9007199254740993 becomes
# 9007199254740992.0, which is the id of somebody else, or nobody's, and each other id gets a `.0`. The text `007` is 7.0. Whether a column is
# numbers or truth values follows from the rows: labels of two classes, 1 and 0, are true and false; with a 2 among them they are
# numbers. `csvjson --no-inference` has texts for all.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check csvkit==2.2.0
printf 'id,label,code\n9007199254740993,1,007\n9007199254740995,0,008\n' >t.csv
venv/bin/python - <<'PY'
import importlib.metadata, json, subprocess, sys

def run(*command):
    return subprocess.run([f"venv/bin/{command[0]}", *command[1:], "t.csv"], capture_output=True, text=True, check=True).stdout

guessed, plain, csv = json.loads(run("csvjson")), json.loads(run("csvjson", "--no-inference")), run("csvsort")
print(f"csvkit {importlib.metadata.version('csvkit')}, of {open('t.csv').read()!r}")
print(f"csvjson: {guessed}")
print(f"csvjson --no-inference: {plain}")
print(f"csvsort: {csv!r}")
row = {"id": 9007199254740992.0, "label": True, "code": 7.0}
is_so = guessed[0] == row and isinstance(guessed[0]["id"], float) and guessed[0]["label"] is True and guessed[1]["label"] is False
sys.exit(0 if is_so and plain[0] == {"id": "9007199254740993", "label": "1", "code": "007"} and "9007199254740993,True," in csv else 1)
PY
