#!/usr/bin/env bash
# PyPI arro3-io 0.9.1 (arrow-rs): timestamps and times of day in seconds are plain integers in its Parquet, and pyarrow reads numbers.
#
# Parquet has no unit of seconds. pyarrow 26.0.1 makes milliseconds of them, which every reader knows. arrow-rs writes the seconds as INT64
# and INT32 without a type, and leaves a note of what they are in the Arrow schema that it puts beside them. It reads that note itself,
# and polars 2.1.0 does, so that a test with either finds nothing; pyarrow, which writes and reads such a note too, gives 1577840400 for
# 2020-01-01 01:00, and so does DuckDB 2.0.1.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check arro3-core==0.9.1 arro3-io==0.9.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
venv/bin/python - <<'PY'
import datetime as dt
import sys
import arro3.core, arro3.io, duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq

day, clock = dt.datetime(2020, 1, 1, 1), dt.time(1, 1, 1)
table = pa.table({"day": pa.array([day], pa.timestamp("s")), "clock": pa.array([clock], pa.time32("s"))})
arro3.io.write_parquet(arro3.core.Table.from_arrow(table), "rust.parquet")
pq.write_table(table, "cpp.parquet")
seen = {}
for writer in ("rust", "cpp"):
    file = f"{writer}.parquet"
    seen[writer] = {
        "arro3": list(pa.table(arro3.io.read_parquet(file).read_all()).to_pylist()[0].values()),
        "polars": list(pl.read_parquet(file).row(0)),
        "pyarrow": list(pq.read_table(file).to_pylist()[0].values()),
        "DuckDB": list(duckdb.sql(f"from '{file}'").fetchall()[0]),
    }
    for reader, values in seen[writer].items():
        print(f"written by {'arro3 (arrow-rs)' if writer == 'rust' else 'pyarrow'}, read by {reader}: {[str(value) for value in values]}")
is_kept = all(values == [day, clock] for values in [*seen["cpp"].values(), seen["rust"]["arro3"], seen["rust"]["polars"]])
is_lost = all(seen["rust"][reader] == [1577840400, 3661] for reader in ("pyarrow", "DuckDB"))
sys.exit(0 if is_kept and is_lost else 1)
PY
