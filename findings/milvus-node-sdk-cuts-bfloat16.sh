#!/usr/bin/env bash
# npm @zilliz/milvus2-sdk-node 3.0.6: its bfloat16 is cut, where its float16 and the bfloat16 of others are rounded.
#
# `f32ArrayToBf16Bytes`, by which the SDK makes BFloat16Vectors of lists, takes the upper half of each float32. So every number becomes the
# next one towards zero, with twice the error: 0.1 is 0.09961, and what is nearest is 0.10010, as ml_dtypes 0.6.0, by which pymilvus's
# users make them, has it. The same embedding put in by Node and by Python is not the same vector: it is no duplicate of itself, its
# distance is not 0, and vectors of length 1 are shorter, all to one side. `f32ArrayToF16Bytes` beside it rounds.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @zilliz/milvus2-sdk-node@3.0.6
cat >halve.cjs <<'JS'
const { f32ArrayToBf16Bytes, f32ArrayToF16Bytes } = require("@zilliz/milvus2-sdk-node");
const numbers = [0.1, 0.3, -0.7];
const hex = [f32ArrayToBf16Bytes, f32ArrayToF16Bytes].map((convert) => Buffer.from(convert(numbers)).toString("hex"));
console.log(JSON.stringify(hex));
JS
node halve.cjs >hex.json
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ml_dtypes==0.6.0 numpy==2.4.6
venv/bin/python - <<'PY'
import json, sys
import ml_dtypes, numpy as np

version = json.load(open("node_modules/@zilliz/milvus2-sdk-node/package.json"))["version"]
numbers = np.array([0.1, 0.3, -0.7], np.float32)
same, short = {}, False
for hexadecimal, name in zip(json.load(open("hex.json")), ("bfloat16", "float16")):
    by_node, by_python = np.frombuffer(bytes.fromhex(hexadecimal), name), numbers.astype(name)
    print(f"SDK for Node {version}, {name} of {numbers}: {by_node.astype('f4')}; ml_dtypes {ml_dtypes.__version__} and NumPy: {by_python.astype('f4')}")
    same[name] = bool((by_node == by_python).all())
    short = short or bool((np.abs(by_node.astype("f4")) <= np.abs(numbers)).all())
sys.exit(0 if same == {"bfloat16": False, "float16": True} and short else 1)
PY
