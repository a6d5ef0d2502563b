#!/usr/bin/env bash
# pandas 3.1.1: `to_json(orient="table")` writes a missing duration as the text "NaT", every other orient as null.
#
# A missing time is null in all of them, and the schema that the table orient has in front calls both columns what they are, so
# that a reader expects null for both. It gets a text among durations, which no parser of durations takes; pandas reads no
# durations of its own table orient at all, so that it does not meet it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pandas==3.1.1
venv/bin/python - <<'PY'
import io, json, sys
import pandas as pd

print(f"pandas {pd.__version__}")
frame = pd.DataFrame({
    "took": [pd.Timedelta("1D"), pd.NaT],
    "at": [pd.Timestamp("2024-01-02"), pd.NaT],
})
text = frame.to_json(orient="table", date_format="iso")
table = json.loads(text)
types = {field["name"]: field["type"] for field in table["schema"]["fields"]}
missing = table["data"][1]
records = json.loads(frame.to_json(orient="records", date_format="iso"))[1]
print("table:", types, missing)
print("records:", records)
try:
    pd.read_json(io.StringIO(text), orient="table")
    read = "read"
except NotImplementedError as error:
    read = str(error)
print("read back:", read)
is_so = (
    types["took"] == "duration"
    and types["at"] == "datetime"
    and missing == {"index": 1, "took": "NaT", "at": None}
    and records == {"took": None, "at": None}
    and "can not yet read" in read
)
sys.exit(0 if is_so else 1)
PY
