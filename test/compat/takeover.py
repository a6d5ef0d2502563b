"""A real Milvus 2.3.5 takes segments over that something else wrote, and says what it reads.

usage: takeover.py PLAN.json ANSWER.json BASE_DIR

The plan: {"collections": [{"name", "fields": [{"name", "type", "params", "is_primary", "is_partition_key", "auto_id",
"element_type"}], "dynamic", "shards", "partitions": [[partition name, insert folder], ...]}]}, folders absolute. The
answer: {collection: rows}, int64 as text, bytes as hex. Milvus keeps its files in BASE_DIR and ends with this program.
"""
import json
import os
import sys
import time

from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections
from pymilvus.grpc_gen import common_pb2, milvus_pb2
from real_milvus import real_milvus

LIMIT_SECONDS = 120
INDEXES = {
    DataType.FLOAT_VECTOR: {"index_type": "FLAT", "metric_type": "L2", "params": {}},
    DataType.BINARY_VECTOR: {"index_type": "BIN_FLAT", "metric_type": "HAMMING", "params": {}},
}


def field_of(spec):
    known = ("is_primary", "is_partition_key", "auto_id")
    kwargs = {key: spec[key] for key in known if spec.get(key)}
    if "element_type" in spec:
        kwargs["element_type"] = DataType(spec["element_type"])
    return FieldSchema(spec["name"], DataType(spec["type"]), **kwargs, **spec.get("params", {}))


def create(spec):
    fields = [field_of(field) for field in spec["fields"]]
    schema = CollectionSchema(fields, enable_dynamic_field=spec["dynamic"])
    keyed = any(field.is_partition_key for field in fields)
    extra = {"num_partitions": spec["num_partitions"]} if keyed else {}
    collection = Collection(spec["name"], schema, shards_num=spec["shards"], **extra)
    for name, *_ in spec["partitions"]:
        if not collection.has_partition(name):
            collection.create_partition(name)
    return collection


def take_over(spec, handler):
    """Starts one backup import a partition; pymilvus 2.3 drops the option `backup`, so the stub is called."""
    tasks = []
    for name, folder, deletes in spec["partitions"]:
        # 2.3 wants two paths; an empty second one means no deletes.
        request = milvus_pb2.ImportRequest(
            collection_name=spec["name"],
            partition_name=name,
            files=[folder, deletes],
            options=[common_pb2.KeyValuePair(key="backup", value="true")],
        )
        answer = handler._stub.Import(request)
        if answer.status.error_code != 0 or not answer.tasks:
            raise RuntimeError(f"{spec['name']}, {name}: {answer.status.reason}")
        tasks += answer.tasks
    return tasks


def wait_for(task, handler):
    deadline = time.time() + LIMIT_SECONDS
    while time.time() < deadline:
        state = handler._stub.GetImportState(milvus_pb2.GetImportStateRequest(task=task))
        if state.state == common_pb2.ImportCompleted:
            return
        if state.state in (common_pb2.ImportFailed, common_pb2.ImportFailedAndCleaned):
            raise RuntimeError(f"Milvus refused: {[(pair.key, pair.value) for pair in state.infos]}")
        time.sleep(0.2)
    raise RuntimeError(f"task {task} did not complete: {state}")


def read(collection, spec):
    for field in collection.schema.fields:
        if field.dtype in INDEXES:
            collection.create_index(field.name, INDEXES[field.dtype])
    collection.load()
    key = collection.schema.primary_field
    everything = f'{key.name} >= ""' if key.dtype == DataType.VARCHAR else f"{key.name} >= {-(2**63) + 1}"
    names = [field.name for field in collection.schema.fields] + (["$meta"] if spec["dynamic"] else [])
    rows = collection.query(expr=everything, output_fields=names, consistency_level="Strong")
    types = {field.name: field.dtype for field in collection.schema.fields}
    return [{name: plain(types.get(name), value) for name, value in row.items()} for row in rows]


def plain(dtype, value):
    if dtype == DataType.INT64:
        return str(value)
    if dtype == DataType.BINARY_VECTOR:
        return value[0].hex() if isinstance(value, list) else value.hex()
    if dtype == DataType.FLOAT_VECTOR:
        return [float(item) for item in value]
    if dtype == DataType.ARRAY:
        return [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in value]
    return value.item() if hasattr(value, "item") else value


def main(plan_file, answer_file, base_dir):
    with open(plan_file, encoding="utf-8") as source:
        plan = json.load(source)
    with real_milvus(base_dir) as server:
        print(f"Milvus runs, pid {server.server_proc.pid}", flush=True)
        connections.connect(host="127.0.0.1", port=server.listen_port)
        handler = connections._fetch_handler("default")
        created = [(create(spec), spec) for spec in plan["collections"]]
        tasks = [task for _, spec in created for task in take_over(spec, handler)]
        for task in tasks:
            wait_for(task, handler)
        print(f"{len(tasks)} imports done", flush=True)
        answer = {spec["name"]: read(collection, spec) for collection, spec in created}
    with open(answer_file, "w", encoding="utf-8") as out:
        json.dump(answer, out)


if __name__ == "__main__":
    main(*(os.path.abspath(argument) for argument in sys.argv[1:4]))
