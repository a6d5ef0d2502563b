"""A real Milvus 2.3.5 is filled, flushes, deletes, compacts, deletes again, and says what it reads; its files stay.

usage: from_milvus.py PLAN.json ANSWER.json BASE_DIR

The plan: {"collections": [{"name", "fields", "dynamic", "shards", "num_partitions", "partitions": [[name, ""], ...], "batches":
[{"partition", "rows"}, ...], "deletes": [expression, ...], "later_deletes": [expression, ...]}]}; fields as in takeover.py. Deletes
follow a flush, later ones a compaction. The answer: {collection: {"rows", "id", "partitions": {name: {"id", "segments"}}}}, the segments
being those that count; int64 as text, bytes as hex.
"""
import json
import os
import sys
import time

from pymilvus import DataType, connections, utility
from pymilvus.grpc_gen import milvus_pb2
from real_milvus import real_milvus
from takeover import INDEXES, LIMIT_SECONDS, create, read


def value_of(field, value):
    if field.dtype == DataType.BINARY_VECTOR:
        return bytes(value)
    if field.dtype == DataType.INT64:
        return int(value)
    if field.dtype == DataType.ARRAY and field.element_type == DataType.INT64:
        return [int(item) for item in value]
    return value


def row_of(collection, row):
    fields = {field.name: field for field in collection.schema.fields}
    return {name: value_of(fields[name], value) if name in fields else value for name, value in row.items()}


def fill(collection, spec):
    for batch in spec["batches"]:
        rows = [row_of(collection, row) for row in batch["rows"]]
        collection.insert(rows, partition_name=batch["partition"] or None)
    collection.flush()
    for expression in spec["deletes"]:
        collection.delete(expression)
    collection.flush()


def compact(collection):
    """Resolves when what it has replaced is read no more."""
    for field in collection.schema.fields:
        if field.dtype in INDEXES:
            collection.create_index(field.name, INDEXES[field.dtype])
    collection.load()
    collection.compact()
    collection.wait_for_compaction_completed(timeout=LIMIT_SECONDS)
    replaced = {number for plan in collection.get_compaction_plans().plans for number in plan.sources}
    deadline = time.time() + LIMIT_SECONDS
    while any(number in replaced for numbers in segments_of(collection).values() for number in numbers):
        if time.time() > deadline:
            raise RuntimeError("segments that a compaction has replaced are still read")
        time.sleep(0.2)


def segments_of(collection):
    """By the id of their partition."""
    found = {}
    for info in utility.get_query_segment_info(collection.name):
        found.setdefault(info.partitionID, []).append(info.segmentID)
    return found


def wait_for_deltas(data_dir, collections):
    """A flush answers before the deletes are in files."""
    deadline = time.time() + LIMIT_SECONDS
    while time.time() < deadline:
        folders = [os.path.join(data_dir, "delta_log", str(collection_id)) for collection_id in collections]
        if all(os.path.isdir(folder) for folder in folders):
            return
        time.sleep(0.2)
    raise RuntimeError("no delta log appeared")


def main(plan_file, answer_file, base_dir):
    with open(plan_file, encoding="utf-8") as source:
        plan = json.load(source)
    answer = {}
    with real_milvus(base_dir) as server:
        connections.connect(host="127.0.0.1", port=server.listen_port)
        handler = connections._fetch_handler("default")
        with_deletes = []
        for spec in plan["collections"]:
            collection = create(spec)
            fill(collection, spec)
            if spec["later_deletes"]:
                compact(collection)
                for expression in spec["later_deletes"]:
                    collection.delete(expression)
                collection.flush()
            described = handler.describe_collection(spec["name"])
            shown = handler._stub.ShowPartitions(milvus_pb2.ShowPartitionsRequest(collection_name=spec["name"]))
            rows = read(collection, spec)
            segments = segments_of(collection)
            partitions = {
                name: {"id": str(number), "segments": [str(one) for one in segments.get(number, [])]}
                for name, number in zip(shown.partition_names, shown.partitionIDs)
            }
            answer[spec["name"]] = {"rows": rows, "id": str(described["collection_id"]), "partitions": partitions}
            if spec["deletes"]:
                with_deletes.append(described["collection_id"])
        wait_for_deltas(os.path.join(base_dir, "data"), with_deletes)
    with open(answer_file, "w", encoding="utf-8") as out:
        json.dump(answer, out)


if __name__ == "__main__":
    main(*(os.path.abspath(argument) for argument in sys.argv[1:4]))
