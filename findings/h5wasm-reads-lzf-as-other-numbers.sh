#!/usr/bin/env bash
# npm h5wasm 0.10.3: a dataset compressed with lzf is read as other numbers, without an exception.
#
# h5py always has the lzf filter, h5wasm has not. HDF5's own rule is that a filter that is missing makes reading fail. h5wasm
# prints HDF5's diagnosis to standard error, throws nothing, and gives an array of the right length and type, whose numbers
# are not those of the file. What tells a program is the list of
# the dataset's filters (`dataset.filters`), which has to be looked at before anything is read; gzip is read right.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check h5py==3.16.0 numpy==2.4.6
venv/bin/python - <<'PY'
import h5py, numpy as np

rows = np.arange(4000, dtype="f4").reshape(1000, 4)
with h5py.File("t.h5", "w") as file:
    file.create_dataset("gzip", data=rows, compression="gzip", chunks=(100, 4))
    file.create_dataset("lzf", data=rows, compression="lzf", chunks=(100, 4))
with h5py.File("t.h5") as file:
    print(f"h5py {h5py.__version__} reads lzf right: {(file['lzf'][:] == rows).all()}")
PY
npm init -y >/dev/null
npm install --silent --no-audit --no-fund h5wasm@0.10.3
cat >read.mjs <<'JS'
import h5wasm from "h5wasm/node";
await h5wasm.ready;
const file = new h5wasm.File("t.h5", "r");
const wrong = (name) => {
  const { value } = file.get(name);
  return { length: value.length, wrong: value.filter((number, i) => number !== i).length };
};
const [gzip, lzf] = ["gzip", "lzf"].map(wrong);
console.log(`gzip: ${gzip.wrong} of ${gzip.length} numbers are wrong`);
console.log(`lzf: ${lzf.wrong} of ${lzf.length} numbers are wrong, no exception`);
console.log(`filters of lzf: ${JSON.stringify(file.get("lzf").filters)}`);
process.exit(gzip.wrong === 0 && lzf.length === 4000 && lzf.wrong > 1000 ? 0 : 1);
JS
node read.mjs
