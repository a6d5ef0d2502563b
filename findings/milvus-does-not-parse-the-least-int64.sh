#!/usr/bin/env bash
# Milvus 2.3.5 (PyPI milvus 2.3.5, pymilvus 2.3.7): no expression can name the least key that an Int64 field takes.
#
# A row with the key -9223372036854775808 is inserted without complaint, and then neither `id in [-9223372036854775808]` nor
# `id >= -9223372036854775808` is parsed: the digits are read without their sign, and 2^63 is out of range. `id < -9223372036854775807`
# finds the row. So who walks a collection by ranges of keys leaves the lower bound of the first range away, and a range of one
# key at that end is written with `<`.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus==2.3.5 pymilvus==2.3.7 setuptools==80.9.0 marshmallow==3.26.1
venv/bin/python - 2>/dev/null <<'PY'
import socket, sys
from milvus import MilvusServer
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections

server = MilvusServer()
server.set_base_dir("data")
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    server.listen_port = probe.getsockname()[1]
server.start()
least = -(2**63)
try:
    connections.connect(host="127.0.0.1", port=server.listen_port)
    fields = [FieldSchema("id", DataType.INT64, is_primary=True), FieldSchema("v", DataType.FLOAT_VECTOR, dim=2)]
    collection = Collection("c", CollectionSchema(fields))
    collection.create_index("v", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.insert([[least, 0], [[1.0, 2.0], [3.0, 4.0]]])
    collection.flush()
    collection.load()

    def found(expression):
        try:
            return [row["id"] for row in collection.query(expression)]
        except MilvusException as error:
            return "out of range" if "value out of range" in str(error) else str(error)

    answers = {text: found(text) for text in (f"id in [{least}]", f"id >= {least}", f"id < {least + 1}")}
    for text, answer in answers.items():
        print(f"{text}: {answer}")
    sys.exit(0 if list(answers.values()) == ["out of range", "out of range", [least]] else 1)
finally:
    server.stop()
PY
