#!/usr/bin/env bash
# PyPI fastparquet 2026.9.0 with pandas 3.1.1: times that it writes into Parquet lie in January 1970, without a word.
#
# Times of pandas had nanoseconds for ever, and in pandas 3 have microseconds by default, or seconds and milliseconds where somebody says so.
# fastparquet hands their counts on: with `times="int96"`, which Spark and Impala want and which is nanoseconds, each count becomes one of
# nanoseconds, so that 2024 is the 20th of January 1970; by default so do those in seconds, which it calls milliseconds. Every reader then has
# these times, fastparquet itself for INT96, too. Nothing in the file tells them from real ones. Cast before (`df.astype({"t": "M8[ns]"})`),
# or let pyarrow write.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 numpy==2.4.6 pyarrow==26.0.1
venv/bin/python - <<'PY'
import sys
import fastparquet, pandas as pd, pyarrow.parquet as pq

years = {}
default = pd.DataFrame({"t": pd.to_datetime(["2024-05-06T07:08:09"])})
print("fastparquet", fastparquet.__version__, "pandas", pd.__version__, "has", default.t.dtype, "by default")
for unit in ("s", "us", "ns"):
    frame = default.astype({"t": f"M8[{unit}]"})
    for times in ("int64", "int96"):
        fastparquet.write("t.parquet", frame, times=times)
        read = pq.read_table("t.parquet")["t"][0].as_py()
        print(f"  {frame.t[0]} in {unit} by times={times!r}: pyarrow reads {read}")
        years[unit, times] = read.year
own = fastparquet.ParquetFile("t.parquet").to_pandas().t[0]
right = {("us", "int64"), ("ns", "int64"), ("ns", "int96")}
is_so = default.t.dtype == "M8[us]" and all(year == (2024 if key in right else 1970) for key, year in years.items())
sys.exit(0 if is_so else 1)
PY
