#!/usr/bin/env bash
# PyPI usearch 2.26.6: an index that is told nothing but its dimension keeps bfloat16.
#
# `Index(ndim=4)` takes float32 and gives float32 back, and in between keeps 16 bits of each number: eight bits of precision.
# 0.1 comes back as 0.10009765625, 1.001 and 1.002 as one and the same number. Two vectors that differ by less become equal, their
# distance 0. What goes in is kept only with `dtype="f32"`. So vectors that are taken out of such an index to be moved
# elsewhere are not those that were put in, and no call says so but the index's own `dtype`.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check usearch==2.26.6 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import numpy as np, usearch
from usearch.index import Index

given = np.array([0.1, 1.001, 1.002, 1000.5], dtype=np.float32)
print(f"usearch {usearch.__version__}")
back = {}
for name, options in {"default": {}, "f32": {"dtype": "f32"}}.items():
    index = Index(ndim=4, metric="l2sq", **options)
    index.add(1, given)
    back[name] = index.get(1)
    print(f"{name}: dtype {index.dtype}, {given.tolist()} comes back as {back[name].tolist()} of {back[name].dtype}")
is_so = (back["f32"] == given).all() and not (back["default"] == given).any() and back["default"][1] == back["default"][2]
sys.exit(0 if is_so else 1)
PY
