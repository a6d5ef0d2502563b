#!/usr/bin/env bash
# PyPI sqlite-vec 0.1.9: `vec_to_json` prints six decimals of each number, whatever its size.
#
# It is the function by which vectors are looked at and exported, and JSON of floats is read back exactly by habit. Here 1e-7 becomes
# 0.000000 and 0.00002 keeps one digit: a vector of length 1 with some hundred dimensions loses a part of all that is small in it, and
# 16777217 and the like have zeros behind them that tell nothing. `vec_f32(vec_to_json(v)) = v` is false. SQLite's own `json_array` prints
# what is read back as the same number. The blob itself has all bits: `hex(v)` or the blob keeps them.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check sqlite-vec==0.1.9 apsw==3.54.1.0 numpy==2.4.6
venv/bin/python - <<'PY'
import json, sys
import apsw, numpy as np, sqlite_vec

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sqlite_vec.loadable_path())
given = np.array([0.1, 1e-7, 0.00002345, 0.123456789], np.float32)
text, is_same, own = db.execute("select vec_to_json(?1), vec_f32(vec_to_json(?1)) = vec_f32(?1), json_array(1e-7)", (given.tobytes(),)).get
print(f"sqlite-vec {sqlite_vec.__version__}, SQLite {apsw.sqlite_lib_version()}: {[float(str(number)) for number in given]} is printed as {text}")
print(f"read back it is the same: {bool(is_same)}; SQLite itself prints {own}")
sys.exit(0 if json.loads(text) == [0.1, 0.0, 0.000023, 0.123457] and not is_same and json.loads(own) == [1e-7] else 1)
PY
