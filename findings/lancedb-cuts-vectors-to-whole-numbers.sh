#!/usr/bin/env bash
# PyPI lancedb 0.40.0: a table whose first vectors are whole numbers keeps bytes, and cuts the fractions of all that come later.
#
# `create_table` with rows guesses the types. A list called `vector` becomes float32, unless the numbers of the first rows are all written
# as integers from 0 to 255, as in an example made by hand: then it is uint8, which is meant for vectors of bits. `add` of real embeddings
# to it raises nothing as long as they fit that range; 0.9 becomes 0, and every search answers from that. With one integer that is
# negative or larger than 255 among them, or one float, the column is float32. A schema that is given avoids the guess.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check lancedb==0.40.0 pyarrow==26.0.1 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import lancedb

db = lancedb.connect("db")
seen = {}
for name, first in {"bytes": [1, 0, 0], "floats": [1.0, 0.0, 0.0], "larger": [1, 300, 0]}.items():
    table = db.create_table(name, [{"id": 1, "vector": first}])
    table.add([{"id": 2, "vector": [0.9, 0.25, 3.75]}])
    vector = table.to_arrow().sort_by("id")["vector"]
    seen[name] = str(vector.type), vector.to_pylist()[1]
    print(f"lancedb {lancedb.__version__}, first vector {first}: {seen[name][0]}, [0.9, 0.25, 3.75] is kept as {seen[name][1]}")
is_cut = "uint8" in seen["bytes"][0] and seen["bytes"][1] == [0, 0, 3]
is_kept = all("float" in seen[name][0] and seen[name][1][1:] == [0.25, 3.75] for name in ("floats", "larger"))
sys.exit(0 if is_cut and is_kept else 1)
PY
