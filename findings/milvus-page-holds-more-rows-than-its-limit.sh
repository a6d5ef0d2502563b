#!/usr/bin/env bash
# Milvus 2.3.5 (PyPI milvus 2.3.5, pymilvus 2.3.7): a query with `reduce_stop_for_best` answers more rows than its limit.
#
# Iterators ask for it, so that the rows of a page are the first ones by key. The server then takes rows of each segment until the
# last one of a segment's batch is reached, and does not cut what it has to `limit`: of four segments whose keys alternate a limit of
# 5 gives 17 rows. Without the parameter it gives 5. So who reads a collection in pages must not size buffers by the limit, nor take
# a page that is not exactly full for the last one: only an empty one is.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus==2.3.5 pymilvus==2.3.7 setuptools==80.9.0 marshmallow==3.26.1
venv/bin/python - <<'PY'
import socket, sys
from milvus import MilvusServer
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections

server = MilvusServer()
server.set_base_dir("data")
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    server.listen_port = probe.getsockname()[1]
server.start()
try:
    connections.connect(host="127.0.0.1", port=server.listen_port)
    fields = [FieldSchema("id", DataType.INT64, is_primary=True), FieldSchema("v", DataType.FLOAT_VECTOR, dim=2)]
    collection = Collection("c", CollectionSchema(fields))
    collection.create_index("v", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    for segment in range(4):
        keys = list(range(segment, 400, 4))
        collection.insert([keys, [[float(key), 0.0] for key in keys]])
        collection.flush()
    collection.load()
    plain = collection.query("id >= 0", limit=5)
    page = collection.query("id >= 0", limit=5, reduce_stop_for_best=True)
    print(f"limit 5: {len(plain)} rows; with reduce_stop_for_best: {len(page)}, keys {sorted(row['id'] for row in page)}")
    sys.exit(0 if len(plain) == 5 and len(page) > 5 else 1)
finally:
    server.stop()
PY
