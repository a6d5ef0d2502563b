#!/usr/bin/env bash
# Milvus 2.3.5 (PyPI milvus 2.3.5, pymilvus 2.3.7): a partition's folders, imported into a like collection, bring deleted rows back.
#
# `backup=true` takes the folders of a partition below insert_log/ and delta_log/, with the segments there. Those that a compaction has
# replaced lie there too, for three hours (dataCoord.gc.dropTolerance), and no file says so. Deletes are written down for their replacement
# alone. So the other collection has every row twice, under one key, and what was deleted after the compaction, though its delete is in
# the folder. Who takes segments over asks which of them count (utility.get_query_segment_info) and names those, with the deletes of all.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus==2.3.5 pymilvus==2.3.7 setuptools==80.9.0 marshmallow==3.26.1
venv/bin/python - 2>/dev/null <<'PY'
import os, socket, sys, time
from milvus import MilvusServer
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections
from pymilvus.grpc_gen import common_pb2, milvus_pb2

server = MilvusServer()
server.set_base_dir(os.path.abspath("base"))
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    server.listen_port = probe.getsockname()[1]
server.start()
try:
    connections.connect(host="127.0.0.1", port=server.listen_port)
    stub = connections._fetch_handler("default")._stub
    fields = [FieldSchema("id", DataType.INT64, is_primary=True), FieldSchema("v", DataType.FLOAT_VECTOR, dim=2)]

    def create(name):
        collection = Collection(name, CollectionSchema(fields), shards_num=1)
        collection.create_index("v", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
        return collection

    def state(collection):
        count = collection.query("", output_fields=["count(*)"], consistency_level="Strong")[0]["count(*)"]
        return count, bool(collection.query("id == 5", consistency_level="Strong"))

    source = create("source")
    for first in (0, 10):
        ids = list(range(first, first + 10))
        source.insert([ids, [[float(i), 0.0] for i in ids]])
        source.flush()
    source.load()
    source.compact()
    source.wait_for_compaction_completed(timeout=60)
    source.delete("id in [5]")
    source.flush()
    described = stub.DescribeCollection(milvus_pb2.DescribeCollectionRequest(collection_name="source"))
    partition = stub.ShowPartitions(milvus_pb2.ShowPartitionsRequest(collection_name="source")).partitionIDs[0]
    paths = [f"base/data/{kind}/{described.collectionID}/{partition}/" for kind in ("insert_log", "delta_log")]
    end = time.time() + 60
    while not os.path.isdir(paths[1]) and time.time() < end:
        time.sleep(0.2)
    segments = len(os.listdir(paths[0]))
    target = create("target")
    request = milvus_pb2.ImportRequest(collection_name="target", partition_name="_default", files=[os.path.abspath(path) + "/" for path in paths],
                                       options=[common_pb2.KeyValuePair(key="backup", value="true")])
    answer = stub.Import(request)
    while True:
        task = stub.GetImportState(milvus_pb2.GetImportStateRequest(task=answer.tasks[0]))
        if task.state in (common_pb2.ImportCompleted, common_pb2.ImportFailed, common_pb2.ImportFailedAndCleaned):
            break
        time.sleep(0.2)
    target.load()
    before, after = state(source), state(target)
    print(f"segments in the folder: {segments}")
    print(f"the collection: {before[0]} rows, row 5 {'is there' if before[1] else 'is deleted'}")
    print(f"imported from its folders: {after[0]} rows, row 5 {'is there' if after[1] else 'is deleted'}")
    sys.exit(0 if before == (19, False) and after[0] > 19 and after[1] else 1)
finally:
    server.stop()
PY
