#!/usr/bin/env bash
# PyPI safetensors 0.8.0: `safetensors.numpy.save_file` of a transposed or sliced array keeps its numbers in another order.
#
# NumPy makes a transpose, every second column, or an array in Fortran's order without moving a number, and `np.save` writes each of them
# as what it is. `save_file` writes the memory that lies under it from front to back, and beside it the shape of the view: what is loaded
# has the right shape and type and other rows; of every second column it has the numbers between. No exception, and nothing in the file
# tells it. The same call for big-endian arrays does convert. `np.ascontiguousarray(a)` is the way round.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import numpy as np, safetensors
from safetensors.numpy import load_file, save_file

rows = np.arange(12, dtype=np.float32).reshape(3, 4)
given = {"as_it_is": rows, "big_endian": rows.astype(">f4"), "transposed": rows.T, "every_second_column": rows[:, ::2]}
save_file(given, "t.safetensors")
back = load_file("t.safetensors")
print(f"safetensors {safetensors.__version__}")
same = {}
for name, array in given.items():
    np.save("t.npy", array)
    same[name] = [bool((array == copy).all()) for copy in (np.load("t.npy"), back[name])]
    print(f"{name}: the same by np.save {same[name][0]}, by save_file {same[name][1]}: {back[name].tolist()} of {array.tolist()}")
expected = {"as_it_is": True, "big_endian": True, "transposed": False, "every_second_column": False}
sys.exit(0 if same == {name: [True, is_same] for name, is_same in expected.items()} else 1)
PY
