#!/usr/bin/env bash
# pandas 3.1.1 with pyarrow 26.0.1: `set_index("id").to_parquet()` leaves the ids out when they are evenly spaced.
#
# Ids that go up in equal steps become a RangeIndex by themselves when they are made the index, and of such an index a
# Parquet file has start, stop and step in the JSON of its `pandas` metadata, and no column. One gap, and there is a column.
# So whether a file has an `id` column follows from the values: a pipeline that is tried with 0, 1, 2, … works, or fails, the
# other way round with real ids; and a reader that goes by the columns gives rows without keys.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1
venv/bin/python - <<'PY'
import json, sys
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq

def columns(ids):
    frame = pd.DataFrame({"id": ids, "title": [f"t{i}" for i in ids]})
    frame.set_index("id").to_parquet("t.parquet")
    schema = pq.read_schema("t.parquet")
    return schema.names, json.loads(schema.metadata[b"pandas"])["index_columns"]

print(f"pandas {pd.__version__}, pyarrow {pa.__version__}")
even, gap = columns([7, 10, 13, 16]), columns([7, 10, 13, 17])
print(f"ids 7, 10, 13, 16: columns {even[0]}, index {even[1]}")
print(f"ids 7, 10, 13, 17: columns {gap[0]}, index {gap[1]}")
range_index = {"kind": "range", "name": "id", "start": 7, "stop": 19, "step": 3}
is_so = even == (["title"], [range_index]) and sorted(gap[0]) == ["id", "title"] and gap[1] == ["id"]
sys.exit(0 if is_so else 1)
PY
