"""The whole import workflow through an unmodified pymilvus, in a database of its own names.

usage: scenario.py HOST:PORT FOLDER          FOLDER must lie below an import root of the server

Every value that comes back is compared with what was written. Prints one line per step; ends with exit code 0 only when
all steps passed. Runs under every pymilvus from 2.2.17 on: what a version lacks is not called there.
"""
import json
import math
import os
import random
import sys
import time
import traceback

import numpy as np
import pymilvus
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

VERSION = tuple(int(part) for part in pymilvus.__version__.split(".")[:3])
HAS_ARRAY = VERSION >= (2, 3, 0) and hasattr(DataType, "ARRAY")
HAS_JSON = hasattr(DataType, "JSON")
HAS_HALF = hasattr(DataType, "FLOAT16_VECTOR")
HAS_SPARSE = hasattr(DataType, "SPARSE_FLOAT_VECTOR")
HAS_INT8_VECTOR = hasattr(DataType, "INT8_VECTOR")
HAS_NULLS = VERSION >= (2, 5, 0)
HAS_REST_V2 = VERSION >= (2, 4, 8)
ROWS = 300
DIM = 16

steps = []


def step(function):
    steps.append(function)
    return function


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def equal(found, expected, what):
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


class Context:
    def __init__(self, address, folder):
        self.address = address
        self.folder = folder
        self.name = "compat_" + pymilvus.__version__.replace(".", "_")
        self.random = random.Random(7)


def float32(values):
    return [float(value) for value in np.asarray(values, dtype=np.float32)]


def make_schema(ctx, with_array, with_sparse):
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=False),
        FieldSchema("flag", DataType.BOOL),
        FieldSchema("i8", DataType.INT8),
        FieldSchema("i16", DataType.INT16),
        FieldSchema("i32", DataType.INT32),
        FieldSchema("f", DataType.FLOAT),
        FieldSchema("d", DataType.DOUBLE),
        FieldSchema("title", DataType.VARCHAR, max_length=200, description="a title"),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("bits", DataType.BINARY_VECTOR, dim=32) if VERSION >= (2, 4, 0) else None,
        FieldSchema("attrs", DataType.JSON) if HAS_JSON else None,
        FieldSchema("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=40) if with_array else None,
        FieldSchema("numbers", DataType.ARRAY, element_type=DataType.INT64, max_capacity=8) if with_array else None,
        FieldSchema("sparse", DataType.SPARSE_FLOAT_VECTOR) if with_sparse else None,
        FieldSchema("i8v", DataType.INT8_VECTOR, dim=8) if HAS_INT8_VECTOR else None,
    ]
    fields = [field for field in fields if field is not None]
    if HAS_NULLS:
        fields.append(FieldSchema("maybe", DataType.INT64, nullable=True))
        fields.append(FieldSchema("level", DataType.INT32, default_value=7))
    return CollectionSchema(fields, description="compat", enable_dynamic_field=True)


def make_rows(ctx, schema, count, first=0):
    rnd = ctx.random
    names = {field.name for field in schema.fields}
    rows = []
    for i in range(first, first + count):
        row = {
            "id": 9007199254740993 + i if i % 3 == 0 else i - 150,
            "flag": i % 2 == 0,
            "i8": rnd.randint(-128, 127),
            "i16": rnd.randint(-32768, 32767),
            "i32": rnd.randint(-(2**31), 2**31 - 1),
            "f": float(np.float32(rnd.uniform(-1000, 1000))),
            "d": rnd.uniform(-1e9, 1e9),
            "title": rnd.choice(["plain", "Grüße", "漢字", "it's \"quoted\"", "back\\slash", "🚀 rocket", ""]) + str(i),
            "vector": float32([rnd.uniform(-1, 1) for _ in range(DIM)]),
            "bits": [rnd.randint(0, 255) for _ in range(4)],
            "attrs": {"n": i, "deep": {"list": [1, 2, {"x": None}]}, "text": "é"},
            "tags": [f"t{j}" for j in range(i % 5)],
            "numbers": [rnd.randint(-(2**60), 2**60) for _ in range(i % 4)],
            "sparse": {j * 7: 0.5 + j for j in range(1 + i % 4)},
            "i8v": [rnd.randint(-128, 127) for _ in range(8)],
            "maybe": None if i % 4 == 0 else i * 10,
            "level": rnd.randint(0, 100),
        }
        row = {key: value for key, value in row.items() if key in names}
        row["extra"] = f"dyn{i}"
        row["extra_number"] = i
        rows.append(row)
    return rows


def writer_for(ctx, schema, file_type, folder):
    path = os.path.join(ctx.folder, folder)
    if VERSION < (2, 4, 0):
        from pymilvus.bulk_writer.local_bulk_writer import LocalBulkWriter
        from pymilvus.bulk_writer.constants import BulkFileType
    else:
        from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter
    names = {"json": ["JSON", "JSON_RB"], "npy": ["NUMPY", "NPY"], "parquet": ["PARQUET"], "jsonl": ["JSONL"]}[file_type]
    kind = next((getattr(BulkFileType, name) for name in names if hasattr(BulkFileType, name)), None)
    if kind is None:
        return None
    key = "segment_size" if VERSION < (2, 4, 0) else "chunk_size"
    return LocalBulkWriter(schema=schema, local_path=path, file_type=kind, **{key: 512 * 1024 * 1024})


def for_writer(row):
    """The row as the writer wants it: sparse keys stay integers, binary and int8 vectors as numpy where asked for."""
    row = dict(row)
    if "i8v" in row:
        row["i8v"] = np.array(row["i8v"], dtype=np.int8)
    return row


def write_files(ctx, schema, rows, file_type, folder):
    writer = writer_for(ctx, schema, file_type, folder)
    if writer is None:
        return None
    for row in rows:
        writer.append_row(for_writer(row))
    writer.commit()
    batches = writer.batch_files
    check(batches, f"the writer wrote no {file_type} files")
    return [batch if isinstance(batch, list) else [batch] for batch in batches]


def write_by_hand(ctx, rows, folder, lines):
    """What users without a bulk writer do."""
    path = os.path.join(ctx.folder, folder)
    os.makedirs(path, exist_ok=True)
    name = os.path.join(path, "rows.jsonl" if lines else "rows.json")
    with open(name, "w", encoding="utf-8") as out:
        if lines:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            json.dump({"rows": rows}, out)
    return [[name]]


def wait_for(task, expected_rows):
    deadline = time.time() + 60
    last = -1
    while time.time() < deadline:
        state = utility.get_bulk_insert_state(task_id=task)
        progress = getattr(state, "progress", last)
        check(progress >= last, f"progress fell from {last} to {progress}")
        last = progress
        if state.state in (1, 7):
            raise AssertionError(f"import failed: {state.failed_reason}")
        if state.state_name == "Completed":
            equal(state.row_count, expected_rows, "row_count of the state")
            return state
        time.sleep(0.05)
    raise AssertionError("the import did not complete in time")


def normal(field, value):
    if value is None:
        return None
    if field == "bits":
        if isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], (bytes, bytearray)):
            value = value[0]
        return list(value)
    if field == "i8v":
        if isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], (bytes, bytearray)):
            value = value[0]
        if isinstance(value, (bytes, bytearray)):
            value = np.frombuffer(value, dtype=np.int8)
        return [int(item) for item in value]
    if field == "vector":
        return float32(value)
    if field == "sparse":
        return {int(key): float(item) for key, item in dict(value).items()}
    if field in ("tags", "numbers"):
        return list(value)
    if field == "f":
        return float(np.float32(value))
    if field == "attrs" and isinstance(value, (str, bytes)):
        return json.loads(value)
    return value


def compare_rows(found, expected, fields):
    by_id = {row["id"]: row for row in found}
    equal(len(by_id), len(expected), "number of rows")
    for row in expected:
        other = by_id.get(row["id"])
        check(other is not None, f"row {row['id']} is missing")
        for field in fields:
            want = row.get(field)
            equal(normal(field, other.get(field)), normal(field, want), f"row {row['id']}, field {field}")


@step
def connect(ctx):
    host, port = ctx.address.split(":")
    connections.connect(alias="default", host=host, port=port)
    check(len(utility.get_server_version()) > 0, "no server version")


@step
def missing_collection(ctx):
    equal(utility.has_collection("no_such_collection"), False, "has_collection of a missing one")
    utility.drop_collection("no_such_collection")
    try:
        utility.do_bulk_insert("no_such_collection", files=["a.json"])
    except pymilvus.MilvusException as error:
        check("can't find collection" in str(error) or "not found" in str(error), f"odd error: {error}")
    else:
        raise AssertionError("an import into a missing collection was accepted")


@step
def create(ctx):
    for name in (ctx.name, ctx.name + "_auto", ctx.name + "_npy"):
        utility.drop_collection(name)
    ctx.schema = make_schema(ctx, HAS_ARRAY, HAS_SPARSE)
    ctx.collection = Collection(ctx.name, ctx.schema, shards_num=2)
    Collection(ctx.name, ctx.schema, shards_num=2)  # the same schema again: no mismatch
    ctx.collection.create_partition("spring")
    equal(ctx.collection.has_partition("spring"), True, "has_partition")
    equal(sorted(part.name for part in ctx.collection.partitions), ["_default", "spring"], "partitions")
    equal(utility.has_collection(ctx.name), True, "has_collection")
    check(ctx.name in utility.list_collections(), "list_collections")
    equal(ctx.collection.num_entities, 0, "num_entities of an empty collection")


@step
def index_and_load(ctx):
    ctx.collection.create_index("vector", {"index_type": "IVF_FLAT", "metric_type": "L2", "params": {"nlist": 8}})
    if any(field.name == "bits" for field in ctx.schema.fields):
        ctx.collection.create_index("bits", {"index_type": "BIN_FLAT", "metric_type": "HAMMING", "params": {}})
    if HAS_SPARSE:
        ctx.collection.create_index("sparse", {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP", "params": {}})
    if HAS_INT8_VECTOR:
        ctx.collection.create_index("i8v", {"index_type": "HNSW", "metric_type": "L2", "params": {"M": 8, "efConstruction": 32}})
    equal(ctx.collection.has_index(index_name="vector") or ctx.collection.has_index(), True, "has_index")
    progress = utility.index_building_progress(ctx.name, index_name="vector")
    equal(progress["indexed_rows"], progress["total_rows"], "index progress")
    ctx.collection.load()
    equal(str(utility.load_state(ctx.name)), "Loaded", "load state") if hasattr(utility, "load_state") else None


@step
def import_files(ctx):
    ctx.expected = []
    kinds = ["json", "parquet", "jsonl"] if VERSION >= (2, 4, 0) else ["json"]
    first = 0
    for kind in kinds:
        rows = make_rows(ctx, ctx.schema, ROWS, first)
        batches = write_files(ctx, ctx.schema, rows, kind, "writer_" + kind)
        if batches is None:
            batches = write_by_hand(ctx, rows, "hand_" + kind, lines=kind == "jsonl")
        first += ROWS
        for batch in batches:
            task = utility.do_bulk_insert(ctx.name, files=batch)
            check(isinstance(task, int), "the task id is not an int")
            state = wait_for(task, ROWS)
            equal(state.collection_name, ctx.name, "collection of the state")
            check(batch[0] in state.files, f"files of the state: {state.files}")
        ctx.expected += rows
        # At the first call after Completed, without load or flush in between.
        equal(count(ctx), len(ctx.expected), f"count after {kind}")
    rows = make_rows(ctx, ctx.schema, 20, first)
    batches = write_by_hand(ctx, rows, "hand_spring", lines=True)
    wait_for(utility.do_bulk_insert(ctx.name, partition_name="spring", files=batches[0]), 20)
    ctx.expected += rows
    ctx.spring = rows


def count(ctx, expr="", **kwargs):
    result = ctx.collection.query(expr=expr, output_fields=["count(*)"], **kwargs)
    equal(len(result), 1, "rows of count(*)")
    return result[0]["count(*)"]


@step
def counts(ctx):
    ctx.collection.load(_refresh=True)
    ctx.collection.flush()
    equal(ctx.collection.num_entities, len(ctx.expected), "num_entities")
    equal(count(ctx), len(ctx.expected), "count(*)")
    equal(count(ctx, partition_names=["spring"]), 20, "count(*) of a partition")
    equal(count(ctx, "flag == true"), sum(row["flag"] for row in ctx.expected), "count by filter")


@step
def values(ctx):
    fields = [field.name for field in ctx.schema.fields]
    found = ctx.collection.query(expr="i32 >= -2147483648", output_fields=fields)
    compare_rows(found, ctx.expected, fields)
    dynamic = ctx.collection.query(expr="extra_number >= 0", output_fields=["extra", "extra_number"])
    compare_rows(dynamic, ctx.expected, ["extra", "extra_number"])
    some = ctx.expected[17]
    everything = ctx.collection.query(expr=f"id in [{some['id']}]", output_fields=["*"])
    compare_rows(everything, [some], fields + ["extra", "extra_number"])


@step
def filters(ctx):
    rows = ctx.expected
    ids = [row["id"] for row in rows[:40:2]]
    found = ctx.collection.query(expr=f"id in {ids}", output_fields=["title"])
    equal(sorted(row["id"] for row in found), sorted(ids), "query by key")
    cases = {
        "i8 > 0 and i16 < 0": lambda row: row["i8"] > 0 and row["i16"] < 0,
        "f > 0 or d < 0": lambda row: row["f"] > 0 or row["d"] < 0,
        "not (i8 > 0)": lambda row: not row["i8"] > 0,
        'title like "plain%"': lambda row: row["title"].startswith("plain"),
        "i8 in [1, 2, 3, -4]": lambda row: row["i8"] in (1, 2, 3, -4),
        "i8 not in [1, 2, 3]": lambda row: row["i8"] not in (1, 2, 3),
        "-50 < i8 <= 50": lambda row: -50 < row["i8"] <= 50,
        "title == 'it\\'s \"quoted\"3'": lambda row: row["title"] == "it's \"quoted\"3",
        "extra_number >= 290": lambda row: row["extra_number"] >= 290,
        "extra == 'dyn5'": lambda row: row["extra"] == "dyn5",
    }
    if HAS_JSON:
        cases["attrs['n'] < 10"] = lambda row: row["attrs"]["n"] < 10
        cases['attrs["deep"]["list"][0] == 1'] = lambda row: True
    if HAS_ARRAY:
        cases["array_contains(tags, 't2')"] = lambda row: "t2" in row["tags"]
        cases["array_length(numbers) == 3"] = lambda row: len(row["numbers"]) == 3
    if HAS_NULLS:
        cases["maybe is null"] = lambda row: row["maybe"] is None
        cases["maybe > 100"] = lambda row: row["maybe"] is not None and row["maybe"] > 100
    for expr, matches in cases.items():
        expected = sorted(row["id"] for row in rows if matches(row))
        found = sorted(row["id"] for row in ctx.collection.query(expr=expr, output_fields=["id"]))
        equal(found, expected, f"ids of {expr}")
        equal(count(ctx, expr), len(expected), f"count of {expr}")
    page = ctx.collection.query(expr="i32 >= -2147483648", output_fields=["id"], limit=10, offset=5)
    equal([row["id"] for row in page], sorted(row["id"] for row in rows)[5:15], "page")
    equal(ctx.collection.query(expr="id in [123456789]", output_fields=["*"]), [], "query without a match")


@step
def auto_ids_numpy(ctx):
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True, auto_id=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
        FieldSchema("year", DataType.INT16),
        FieldSchema("title", DataType.VARCHAR, max_length=64),
    ]
    schema = CollectionSchema(fields)
    collection = Collection(ctx.name + "_npy", schema)
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    rows = [{"vector": float32([ctx.random.uniform(-1, 1) for _ in range(DIM)]), "year": 1900 + i % 100, "title": f"n{i}é"} for i in range(ROWS)]
    for batch in write_files(ctx, schema, rows, "npy", "writer_npy"):
        state = wait_for(utility.do_bulk_insert(ctx.name + "_npy", files=batch), ROWS)
        equal(len(state.ids), ROWS, "automatic ids of the state")
        ids = list(state.ids)
    found = collection.query(expr=f"id in {ids}", output_fields=["year", "title", "vector"])
    equal(len(found), ROWS, "rows by the returned ids")
    for row in found:
        want = rows[ids.index(row["id"])]
        equal((row["year"], row["title"], float32(row["vector"])), (want["year"], want["title"], want["vector"]), "row by its automatic id")


@step
def rest_import(ctx):
    if not HAS_REST_V2:
        return
    from pymilvus.bulk_writer import bulk_import, get_import_progress, list_import_jobs

    rows = make_rows(ctx, ctx.schema, 15, 5000)
    files = write_by_hand(ctx, rows, "hand_rest", lines=False)
    url = f"http://{ctx.address}"
    answer = bulk_import(url=url, collection_name=ctx.name, files=files).json()
    job = answer["data"]["jobId"]
    deadline = time.time() + 60
    while True:
        data = get_import_progress(url=url, job_id=job).json()["data"]
        check(data["state"] in ("Pending", "Importing", "Completed"), f"state over REST: {data}")
        if data["state"] == "Completed":
            break
        check(time.time() < deadline, "the REST import did not complete in time")
        time.sleep(0.05)
    equal((data["progress"], data["importedRows"], data["totalRows"]), (100, 15, 15), "progress over REST")
    ctx.expected += rows
    equal(count(ctx), len(ctx.expected), "count after the REST import")
    records = list_import_jobs(url=url, collection_name=ctx.name).json()["data"]["records"]
    check(job in [record["jobId"] for record in records], "the job is not listed over REST")
    equal(utility.get_bulk_insert_state(task_id=int(job)).state_name, "Completed", "a REST job over gRPC")


@step
def failing_import(ctx):
    path = os.path.join(ctx.folder, "bad")
    os.makedirs(path, exist_ok=True)
    name = os.path.join(path, "bad.jsonl")
    rows = make_rows(ctx, ctx.schema, 5, 9000)
    rows[3]["vector"] = rows[3]["vector"][:-1]
    with open(name, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    task = utility.do_bulk_insert(ctx.name, files=[name])
    deadline = time.time() + 60
    state = utility.get_bulk_insert_state(task_id=task)
    while state.state not in (1, 7):
        check(time.time() < deadline and state.state_name != "Completed", f"state {state.state_name}")
        time.sleep(0.05)
        state = utility.get_bulk_insert_state(task_id=task)
    for text in ("bad.jsonl", "row 3", "vector", str(DIM), str(DIM - 1)):
        check(text in state.failed_reason, f"the reason lacks {text!r}: {state.failed_reason}")
    equal(count(ctx), len(ctx.expected), "count after a failed import")
    try:
        utility.do_bulk_insert(ctx.name, files=[os.path.join(ctx.folder, "nothing-here.json")])
    except pymilvus.MilvusException as error:
        check("nothing-here.json" in str(error), f"the error does not name the missing file: {error}")
    else:
        raise AssertionError("a missing file was accepted")
    try:
        utility.get_bulk_insert_state(task_id=12345)
    except pymilvus.MilvusException as error:
        check("not exist" in str(error), f"odd error: {error}")
    else:
        raise AssertionError("an unknown task id was answered")


@step
def list_jobs(ctx):
    tasks = utility.list_bulk_insert_tasks(collection_name=ctx.name)
    check(len(tasks) >= 3, f"listed {len(tasks)} tasks")
    ids = [task.task_id for task in tasks]
    equal(ids, sorted(ids), "order of the listed tasks")
    newest = utility.list_bulk_insert_tasks(limit=2, collection_name=ctx.name)
    equal([task.task_id for task in newest], ids[-2:], "the newest two")


@step
def drop(ctx):
    ctx.collection.release()
    utility.drop_collection(ctx.name)
    utility.drop_collection(ctx.name + "_npy")
    equal(utility.has_collection(ctx.name), False, "has_collection after drop")
    connections.disconnect("default")


def main():
    ctx = Context(sys.argv[1], os.path.abspath(sys.argv[2]))
    os.makedirs(ctx.folder, exist_ok=True)
    failed = 0
    for function in steps:
        start = time.time()
        try:
            function(ctx)
            print(f"ok {function.__name__} {time.time() - start:.2f}s", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {function.__name__}\n{traceback.format_exc()}", flush=True)
            if function.__name__ in ("connect", "create"):
                break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
