#!/usr/bin/env bash
# PyPI milvus-lite 3.2.2 (driven by pymilvus 3.0.1): in JSON, the number 1 equals true, and 0 false.
#
# `j["k"] == true` finds rows whose k is the number 1 beside those whose k is true, `j["k"] < 2` finds true and false, and
# `json_contains(j["list"], true)` the list [1]: values are compared as Python compares them. A server of Milvus tells types of JSON
# apart: a boolean is no number. So counts of filters over JSON differ between Milvus Lite and the server that the same program uses
# later, without a word.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus-lite==3.2.2 pymilvus==3.0.1
venv/bin/python - <<'PY'
import sys
from pymilvus import DataType, MilvusClient

client = MilvusClient("lite.db")
schema = client.create_schema()
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
schema.add_field("j", DataType.JSON)
index = client.prepare_index_params()
index.add_index("vector", index_type="FLAT", metric_type="L2")
client.create_collection("c", schema=schema, index_params=index)
documents = [{"k": True, "list": [True]}, {"k": 1, "list": [1]}, {"k": False}, {"k": 0}, {"k": 7}, {}]
client.insert("c", [{"id": i, "vector": [i, i], "j": document} for i, document in enumerate(documents)])

expected = {
    'j["k"] == true': [0, 1],
    'j["k"] == false': [2, 3],
    'j["k"] < 2': [0, 1, 2, 3],
    'json_contains(j["list"], true)': [0, 1],
}
found = {text: [row["id"] for row in client.query("c", filter=text, output_fields=["id"])] for text in expected}
for text, rows in found.items():
    print(f"{text}: {rows}")
sys.exit(0 if found == expected else 1)
PY
