#!/usr/bin/env bash
# npm hyparquet-writer 0.17.0: vectors that are Float32Arrays become JSON objects by position, `{"0":0.5,"1":-2}`.
#
# What embedding libraries of JavaScript give is a Float32Array. The writer guesses types from the values; of a column of such arrays it
# makes text of the type JSON, by `JSON.stringify`, which writes a typed array as an object with its positions for keys. Nothing is
# raised; a reader that takes JSON reads a map from whole numbers to numbers, as a sparse vector is. A Uint8Array is written as its bytes.
# Plain lists (`Array.from`) become JSON lists, which is no list of Parquet either: pyarrow 26.0.1 has text in both columns.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hyparquet-writer@0.17.0
cat >write.mjs <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { parquetWriteBuffer } from "hyparquet-writer";

const vectors = [[0.5, -2], [1, 0.25]];
const columnData = [
  { name: "typed", data: vectors.map((vector) => Float32Array.from(vector)) },
  { name: "plain", data: vectors },
  { name: "bytes", data: vectors.map(() => Uint8Array.of(1, 255)) },
];
writeFileSync("t.parquet", Buffer.from(parquetWriteBuffer({ columnData })));
console.log(`hyparquet-writer ${JSON.parse(readFileSync("node_modules/hyparquet-writer/package.json", "utf8")).version}`);
JS
node write.mjs
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyarrow==26.0.1
venv/bin/python - <<'PY'
import sys
import pyarrow as pa, pyarrow.parquet as pq

table = pq.read_table("t.parquet")
for name in table.column_names:
    print(f"{name}: {table[name].type} {table[name].to_pylist()}")
seen = [table[name].to_pylist()[0] for name in table.column_names]
sys.exit(0 if seen == ['{"0":0.5,"1":-2}', "[0.5,-2]", b"\x01\xff"] else 1)
PY
