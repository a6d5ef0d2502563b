#!/usr/bin/env bash
# npm apache-arrow 21.2.0: in a column Float16 the number 1e-8 is -Infinity, 5e-9 NaN, and 70000 about 2.
#
# Halves reach from 6e-8 to 65504. What is smaller should be 0, and what is larger infinite, as NumPy 2.4.6 rounds them. The builder shifts the
# digits of a small number by more than the 32 bits that JavaScript has, which begin again at 0 then, and keeps digits of a large one beside
# an exponent that it has cut: what comes out has any size, and not even the sign of what was put in. Embeddings are full of numbers around
# zero; one of them makes every distance to its vector NaN, or 0.00004 where there was nothing. Nothing is raised, and what is read back is
# what was written. From 6e-8 to 65504 both agree, but for ties: 2049 is 2050 here. `Math.f16round(x)` of Node 24 before avoids it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.2.0
cat >write.mjs <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { Field, FixedSizeList, Float16, Table, tableToIPC, vectorFromArray } from "apache-arrow";

const vectors = JSON.parse(readFileSync("vectors.json", "utf8"));
const type = new FixedSizeList(3, new Field("item", new Float16()));
writeFileSync("t.arrow", tableToIPC(new Table({ vector: vectorFromArray(vectors, type) }), "file"));
JS
echo '[[1e-8, 5e-9, -1e-9], [70000, 100000, 131072], [0.1, -6e-5, 65504]]' >vectors.json
node write.mjs
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyarrow==26.0.1 numpy==2.4.6
venv/bin/python - <<'PY'
import json, sys
import numpy as np, pyarrow as pa, pyarrow.ipc as ipc

version = json.load(open("node_modules/apache-arrow/package.json"))["version"]
written = ipc.open_file("t.arrow").read_all()["vector"].to_pylist()
given = json.load(open("vectors.json"))
with np.errstate(over="ignore"):
    rounded = np.array(given).astype(np.float16)
for numbers, row, right in zip(given, written, rounded):
    print(f"{numbers}: apache-arrow {version} writes {[float(x) for x in row]}, NumPy {np.__version__} {right.tolist()}")
tiny, large, usual = np.array(written, np.float64)
is_so = tiny[0] == -np.inf and np.isnan(tiny[1]) and abs(tiny[2]) > 4e-5 and (np.abs(large) < 4).all()
is_right = (rounded[0] == 0).all() and np.isinf(rounded[1]).all() and (usual == rounded[2]).all()
sys.exit(0 if is_so and is_right else 1)
PY
