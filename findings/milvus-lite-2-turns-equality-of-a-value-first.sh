#!/usr/bin/env bash
# PyPI milvus-lite 2.5.1 (driven by pymilvus 2.6.17): `3 == n` finds the rows that are not 3, and `3 != n` those that are.
#
# A comparison with the value before the field is turned round, `<` into `>` as it must be, and `==` into `!=` as it must not, for
# numbers and texts, also beside arithmetic (`6 == n * 2`). Nothing is refused. A server of Milvus, and Milvus Lite 3.2.2, find the same rows
# for both orders. The same parser takes `0x10` for 0, which a Milvus reads as 16. So rows that a filter finds in Milvus Lite 2.5 are no
# reference for it, and a filter for deletes that was tried out there has its values behind the fields.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus-lite==2.5.1 pymilvus==2.6.17 setuptools==80.9.0
venv/bin/python -W ignore - <<'PY'
import sys
from pymilvus import DataType, MilvusClient

client = MilvusClient("lite.db")
schema = client.create_schema()
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
schema.add_field("n", DataType.INT64)
schema.add_field("t", DataType.VARCHAR, max_length=9)
index = client.prepare_index_params()
index.add_index("vector", index_type="FLAT", metric_type="L2")
client.create_collection("c", schema=schema, index_params=index)
client.insert("c", [{"id": i, "vector": [i, i], "n": i, "t": "ab"[i % 2]} for i in range(5)])

expected = {
    "n == 3": [3],
    "3 == n": [0, 1, 2, 4],
    "3 != n": [3],
    "3 < n": [4],
    '"a" == t': [1, 3],
    "6 == n * 2": [0, 1, 2, 4],
    "n == 0x10": [0],
}
found = {text: [row["id"] for row in client.query("c", filter=text, output_fields=["id"])] for text in expected}
for text, rows in found.items():
    print(f"{text}: {rows}")
sys.exit(0 if found == expected else 1)
PY
