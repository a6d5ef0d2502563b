"""The workflow through the ORM: what every pymilvus from 2.2.17 on has."""
import json
import os
import time

import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, MilvusException, connections, db, utility

from data import (
    DIM,
    HAS_ARRAY,
    HAS_BITS,
    HAS_HALF,
    HAS_INT8_VECTOR,
    HAS_NULLS,
    HAS_SPARSE,
    ROWS,
    TITLES,
    compare_rows,
    float32,
    make_rows,
    make_schema,
    write_by_hand,
    write_files,
)
from harness import LIMIT_SECONDS, VERSION, check, equal, raises, step

# From 2.6.7 on the ORM's import calls carry no database: a defect of the client, see the client contract.
SENDS_DATABASE = VERSION < (2, 6, 7)


def wait_for(task, expected_rows):
    """Polls until Completed; progress must not fall, and the row count must be right."""
    deadline = time.time() + LIMIT_SECONDS
    last = -1
    while time.time() < deadline:
        state = utility.get_bulk_insert_state(task_id=task)
        progress = getattr(state, "progress", last)
        check(progress >= last, f"progress fell from {last} to {progress}")
        last = progress
        if state.state in (1, 7):
            raise AssertionError(f"import failed: {state.failed_reason}")
        check(state.state_name in ("Pending", "Started", "Persisted", "Completed"), f"odd state: {state}")
        if state.state_name == "Completed":
            equal(state.row_count, expected_rows, "row_count of the state")
            equal(progress, 100, "progress at the end")
            return state
        time.sleep(0.05)
    raise AssertionError("the import did not complete in time")


def wait_for_failure(task):
    deadline = time.time() + LIMIT_SECONDS
    while True:
        state = utility.get_bulk_insert_state(task_id=task)
        if state.state in (1, 7):
            return state
        check(time.time() < deadline and state.state_name != "Completed", f"state {state.state_name}")
        time.sleep(0.05)


def count(collection, expr="", **kwargs):
    result = collection.query(expr=expr, output_fields=["count(*)"], **kwargs)
    equal(len(result), 1, "rows of count(*)")
    return result[0]["count(*)"]


@step
def connect(ctx):
    connections.connect(alias="default", host=ctx.host, port=ctx.port)
    check(len(utility.get_server_version()) > 0, "no server version")
    # Credentials mean nothing to a server without authentication.
    connections.connect(alias="named", host=ctx.host, port=ctx.port, user="root", password="Milvus")
    connections.disconnect("named")
    raises(lambda: use_missing_database(ctx), "database not found", code=800)


def use_missing_database(ctx):
    """Refused while connecting or, by newer clients, at the first call."""
    connections.connect(alias="lost", host=ctx.host, port=ctx.port, db_name="nowhere")
    return utility.list_collections(using="lost")


@step
def missing_collection(ctx):
    equal(utility.has_collection("no_such_collection"), False, "has_collection of a missing one")
    utility.drop_collection("no_such_collection")
    missing = ("can't find collection", "not found")
    raises(lambda: utility.do_bulk_insert("no_such_collection", files=["a.json"]), *missing)
    handler = connections._fetch_handler("default")
    raises(lambda: handler.describe_collection("no_such_collection"), "can't find collection", code=100)


@step
def unsupported_call(ctx):
    """A call that the server does not serve must fail at once, not after minutes of retries."""
    raises(lambda: utility.create_resource_group("some_group"), "")


@step
def create(ctx):
    for name in (ctx.name, ctx.name + "_npy"):
        utility.drop_collection(name)
    ctx.schema = make_schema()
    ctx.collection = Collection(ctx.name, ctx.schema, shards_num=2)
    Collection(ctx.name, ctx.schema, shards_num=2)  # the same schema again: no mismatch
    described = Collection(ctx.name).schema.to_dict()
    equal(described["fields"], ctx.schema.to_dict()["fields"], "fields as described")
    ctx.collection.create_partition("spring")
    equal(ctx.collection.has_partition("spring"), True, "has_partition")
    equal(ctx.collection.has_partition("autumn"), False, "has_partition of a missing one")
    equal(sorted(part.name for part in ctx.collection.partitions), ["_default", "spring"], "partitions")
    equal(utility.has_collection(ctx.name), True, "has_collection")
    check(ctx.name in utility.list_collections(), "list_collections")
    equal(ctx.collection.num_entities, 0, "num_entities of an empty collection")


@step
def index_and_load(ctx):
    create_index = ctx.collection.create_index
    create_index("vector", {"index_type": "IVF_FLAT", "metric_type": "L2", "params": {"nlist": 8}})
    if HAS_BITS:
        create_index("bits", {"index_type": "BIN_FLAT", "metric_type": "HAMMING", "params": {}})
    if HAS_HALF:
        create_index("f16", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
        create_index("bf16", {"index_type": "FLAT", "metric_type": "COSINE", "params": {}})
    if HAS_SPARSE:
        create_index("sparse", {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP", "params": {}})
    if HAS_INT8_VECTOR:
        create_index("i8v", {"index_type": "HNSW", "metric_type": "L2", "params": {"M": 8, "efConstruction": 32}})
    equal(ctx.collection.has_index(index_name="vector"), True, "has_index")
    equal(ctx.collection.index(index_name="vector").params["index_type"], "IVF_FLAT", "index type as described")
    progress = utility.index_building_progress(ctx.name, index_name="vector")
    equal(progress["indexed_rows"], progress["total_rows"], "index progress")
    ctx.collection.load()
    equal(utility.loading_progress(ctx.name)["loading_progress"], "100%", "loading progress")
    if hasattr(utility, "load_state"):
        equal(str(utility.load_state(ctx.name)), "Loaded", "load state")


@step
def query_nothing(ctx):
    equal(count(ctx.collection), 0, "count(*) of an empty collection")
    equal(list(ctx.collection.query(expr="id > 0", output_fields=["*"])), [], "query without rows, all types")


@step
def import_files(ctx):
    ctx.expected = []
    kinds = ["json", "parquet", "jsonl"] if VERSION >= (2, 4, 0) else ["json", "jsonl"]
    first = 0
    for kind in kinds:
        rows = make_rows(ctx.random, ctx.schema, ROWS, first)
        batches = write_files(ctx, ctx.schema, rows, kind, "writer_" + kind)
        if batches is None:
            batches = write_by_hand(ctx, rows, "hand_" + kind, lines=kind == "jsonl")
        first += ROWS
        for batch in batches:
            task = utility.do_bulk_insert(ctx.name, files=batch)
            check(isinstance(task, int), "the task id is not an int")
            state = wait_for(task, ROWS)
            equal(state.task_id, task, "task of the state")
            equal(state.collection_name, ctx.name, "collection of the state")
            check(abs(state.create_timestamp - time.time()) < 600, f"creation time {state.create_timestamp}")
            check(batch[0] in state.files, f"files of the state: {state.files}")
        ctx.expected += rows
        # At the first call after Completed, without load or flush in between.
        equal(count(ctx.collection), len(ctx.expected), f"count after {kind}")


@step
def import_into_partition(ctx):
    """Two row files in one call are one job; a partition named by the call gets the rows."""
    rows = make_rows(ctx.random, ctx.schema, 20, 2000)
    files = [write_by_hand(ctx, rows[i : i + 10], f"hand_spring_{i}", lines=True)[0][0] for i in (0, 10)]
    wait_for(utility.do_bulk_insert(ctx.name, partition_name="spring", files=files), 20)
    ctx.expected += rows
    raises(lambda: utility.do_bulk_insert(ctx.name, partition_name="autumn", files=files), "partition not found", code=200)


@step
def counts(ctx):
    ctx.collection.load(_refresh=True)
    ctx.collection.flush()
    collection = ctx.collection
    equal(collection.num_entities, len(ctx.expected), "num_entities")
    equal(count(collection), len(ctx.expected), "count(*)")
    equal(count(collection, partition_names=["spring"]), 20, "count(*) of a partition")
    equal(collection.partition("spring").num_entities, 20, "num_entities of a partition")
    equal(count(collection, "flag == true"), sum(row["flag"] for row in ctx.expected), "count by filter")


@step
def values(ctx):
    fields = [field.name for field in ctx.schema.fields]
    found = ctx.collection.query(expr="i32 >= -2147483648", output_fields=fields)
    compare_rows(found, ctx.expected, fields)
    dynamic = ctx.collection.query(expr="extra_number >= 0", output_fields=["extra", "extra_number"])
    compare_rows(dynamic, ctx.expected, ["extra", "extra_number"])
    some = ctx.expected[17]
    everything = ctx.collection.query(expr=f"id in [{some['id']}]", output_fields=["*"])
    if VERSION >= (2, 4, 0):
        compare_rows(everything, [some], fields + ["extra", "extra_number"])
    else:
        compare_rows(everything, [some], [name for name in fields if name not in ("vector",)])


@step
def search(ctx):
    """Every row is compared, so the answer is that of NumPy."""
    query = [0.5 - i / 16 for i in range(DIM)]
    rows = [row for row in ctx.expected if row["flag"]]
    distance = lambda row: np.float32(sum((np.float64(a) - b) ** 2 for a, b in zip(row["vector"], query)))
    nearest = sorted(rows, key=lambda row: (distance(row), row["id"]))[3:13]
    params = {"metric_type": "L2", "params": {"nprobe": 4}, "offset": 3}
    (hits,) = ctx.collection.search([query], "vector", params, limit=10, expr="flag == true", output_fields=["title"])
    equal([hit.id for hit in hits], [row["id"] for row in nearest], "ids of the nearest rows")
    equal([hit.entity.get("title") for hit in hits], [row["title"] for row in nearest], "titles of the nearest rows")
    for hit, row in zip(hits, nearest):
        check(abs(hit.distance - distance(row)) <= 1e-5 * max(1, distance(row)), f"distance {hit.distance} of {row['id']}")
    raises(lambda: ctx.collection.search([query[:3]], "vector", params, limit=1), "dimension mismatch", "dim")


def filter_cases():
    quoted = TITLES[3] + "3"
    cases = {
        "i8 > 0 and i16 < 0": lambda row: row["i8"] > 0 and row["i16"] < 0,
        "f > 0 or d < 0": lambda row: row["f"] > 0 or row["d"] < 0,
        "not (i8 > 0)": lambda row: not row["i8"] > 0,
        'title like "plain%"': lambda row: row["title"].startswith("plain"),
        "title like '漢字%'": lambda row: row["title"].startswith("漢字"),
        "i8 in [1, 2, 3, -4]": lambda row: row["i8"] in (1, 2, 3, -4),
        "i8 not in [1, 2, 3]": lambda row: row["i8"] not in (1, 2, 3),
        "-50 < i8 <= 50": lambda row: -50 < row["i8"] <= 50,
        "i32 % 2 == 0": lambda row: row["i32"] % 2 == 0,
        "title == 'it\\'s \"quoted\"3'": lambda row: row["title"] == quoted,
        'title == "it\'s \\"quoted\\"3"': lambda row: row["title"] == quoted,
        "id == 9007199254740993": lambda row: row["id"] == 9007199254740993,
        "extra_number >= 290": lambda row: row["extra_number"] >= 290,
        "extra == 'dyn305'": lambda row: row["extra"] == "dyn305",
        "attrs['n'] < 10": lambda row: row["attrs"]["n"] < 10,
        'attrs["deep"]["list"][0] == 1': lambda row: True,
    }
    if HAS_ARRAY:
        cases["array_contains(tags, 't2')"] = lambda row: "t2" in row["tags"]
        cases["array_length(numbers) == 3"] = lambda row: len(row["numbers"]) == 3
    if HAS_NULLS:
        cases["maybe is null"] = lambda row: row["maybe"] is None
        cases["note is not null"] = lambda row: row["note"] is not None
        cases["maybe > 100"] = lambda row: row["maybe"] is not None and row["maybe"] > 100
    return cases


@step
def filters(ctx):
    rows = ctx.expected
    ids = [row["id"] for row in rows[:40:2]]
    found = ctx.collection.query(expr=f"id in {ids}", output_fields=["title"])
    equal(sorted(row["id"] for row in found), sorted(ids), "query by key")
    for expr, matches in filter_cases().items():
        expected = sorted(row["id"] for row in rows if matches(row))
        found = sorted(row["id"] for row in ctx.collection.query(expr=expr, output_fields=["id"]))
        equal(found, expected, f"ids of {expr}")
        equal(count(ctx.collection, expr), len(expected), f"count of {expr}")
    page = ctx.collection.query(expr="i32 >= -2147483648", output_fields=["id"], limit=10, offset=5)
    equal([row["id"] for row in page], sorted(row["id"] for row in rows)[5:15], "page")
    equal(list(ctx.collection.query(expr="id in [123456789]", output_fields=["*"])), [], "query without a match")
    raises(lambda: ctx.collection.query(expr="no_such_field ==", output_fields=["id"]), "")


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
    vectors = [float32([ctx.random.uniform(-1, 1) for _ in range(DIM)]) for _ in range(ROWS)]
    rows = [{"vector": vector, "year": 1900 + i % 100, "title": f"n{i}é"} for i, vector in enumerate(vectors)]
    (batch,) = write_files(ctx, schema, rows, "npy", "writer_npy")
    state = wait_for(utility.do_bulk_insert(ctx.name + "_npy", files=batch), ROWS)
    ids = list(state.ids)
    equal(len(set(ids)), ROWS, "automatic ids of the state")
    found = collection.query(expr=f"id in {ids}", output_fields=["year", "title", "vector"])
    equal(len(found), ROWS, "rows by the returned ids")
    for row in found:
        want = rows[ids.index(row["id"])]
        equal((row["year"], row["title"], float32(row["vector"])), (want["year"], want["title"], want["vector"]), "row by its automatic id")


@step
def text_keys(ctx):
    """Text keys with both quotes in them, a partition key beside them."""
    fields = [
        FieldSchema("key", DataType.VARCHAR, max_length=64, is_primary=True),
        FieldSchema("tenant", DataType.INT64, is_partition_key=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=4),
    ]
    name = ctx.name + "_text"
    utility.drop_collection(name)
    collection = Collection(name, CollectionSchema(fields), num_partitions=8)
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    keys = ["it's", 'say "so"', "both ' and \"", "back\\slash", "漢字", ""] + [f"k{i}" for i in range(50)]
    rows = [{"key": key, "tenant": i % 7, "vector": [float(i)] * 4} for i, key in enumerate(keys)]
    (batch,) = write_by_hand(ctx, rows, "hand_text", lines=False)
    wait_for(utility.do_bulk_insert(name, files=batch), len(rows))
    equal(len(collection.partitions), 8, "partitions of a partition key")
    for row in rows[:6]:
        found = collection.query(expr=f"key in [{json.dumps(row['key'], ensure_ascii=False)}]", output_fields=["tenant", "vector"])
        equal([(hit["key"], hit["tenant"], hit["vector"]) for hit in found], [(row["key"], row["tenant"], row["vector"])], "row by its text key")
    equal(count(collection, "tenant == 3"), sum(row["tenant"] == 3 for row in rows), "count of a tenant")
    raises(lambda: utility.do_bulk_insert(name, partition_name="_default_1", files=batch), "not allow to set partition name")
    utility.drop_collection(name)


@step
def other_database(ctx):
    name = "db_" + ctx.name
    check("default" in db.list_database(), "list_database")
    if name not in db.list_database():
        db.create_database(name)
    connections.connect(alias="other", host=ctx.host, port=ctx.port, db_name=name)
    fields = [FieldSchema("id", DataType.INT64, is_primary=True), FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2)]
    collection = Collection("elsewhere", CollectionSchema(fields), using="other")
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    equal(utility.has_collection("elsewhere"), False, "a collection of another database")
    (batch,) = write_by_hand(ctx, [{"id": 1, "vector": [1, 2]}, {"id": 2, "vector": [3, 4]}], "hand_db", lines=True)
    if SENDS_DATABASE:
        task = utility.do_bulk_insert("elsewhere", files=batch, using="other")
    else:
        raises(lambda: utility.do_bulk_insert("elsewhere", files=batch, using="other"), "can't find collection", "not found", code=100)
        from pymilvus.bulk_writer import bulk_import

        task = int(bulk_import(url=ctx.url, collection_name="elsewhere", db_name=name, files=[batch]).json()["data"]["jobId"])
    wait_for(task, 2)
    equal(count(collection), 2, "count in another database")
    utility.drop_collection("elsewhere", using="other")
    connections.disconnect("other")
    db.drop_database(name)
    check(name not in db.list_database(), "the database is still listed")


@step
def failing_import(ctx):
    path = os.path.join(ctx.folder, "bad")
    os.makedirs(path, exist_ok=True)
    name = os.path.join(path, "bad.jsonl")
    rows = make_rows(ctx.random, ctx.schema, 5, 9000)
    rows[3]["vector"] = rows[3]["vector"][:-1]
    with open(name, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    before = count(ctx.collection)
    state = wait_for_failure(utility.do_bulk_insert(ctx.name, files=[name]))
    for text in ("bad.jsonl", "row 3", "vector", str(DIM), str(DIM - 1)):
        check(text in state.failed_reason, f"the reason lacks {text!r}: {state.failed_reason}")
    equal(state.row_count, 0, "row_count of a failed import")
    equal(count(ctx.collection), before, "count after a failed import")
    missing = os.path.join(ctx.folder, "nothing-here.json")
    raises(lambda: utility.do_bulk_insert(ctx.name, files=[missing]), "nothing-here.json")
    raises(lambda: utility.do_bulk_insert(ctx.name, files=[]), "import request is empty")
    raises(lambda: utility.do_bulk_insert(ctx.name, files=["a.docx"]), "unexpected file type")
    raises(lambda: utility.get_bulk_insert_state(task_id=12345), "not exist")


@step
def list_jobs(ctx):
    tasks = utility.list_bulk_insert_tasks(collection_name=ctx.name)
    check(len(tasks) >= 3, f"listed {len(tasks)} tasks")
    ids = [task.task_id for task in tasks]
    equal(ids, sorted(ids), "order of the listed tasks")
    check(all(ids), "a task without id")
    check({task.collection_name for task in tasks} == {ctx.name}, "tasks of another collection are listed")
    newest = utility.list_bulk_insert_tasks(limit=2, collection_name=ctx.name)
    equal([task.task_id for task in newest], ids[-2:], "the newest two")


@step
def single_rows(ctx):
    """Rows that a client inserts, replaces and deletes, in a collection of their own."""
    name = ctx.name + "_rows"
    utility.drop_collection(name)
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("title", DataType.VARCHAR, max_length=20),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=4),
    ]
    collection = Collection(name, CollectionSchema(fields), num_shards=2)
    collection.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
    collection.load()
    titles = {i: f"t{i}" for i in range(10)}

    def read():
        found = collection.query(expr="id >= 0", output_fields=["id", "title"])
        equal({row["id"]: row["title"] for row in found}, titles, "rows")
        equal(count(collection), len(titles), "count of the rows")
        collection.flush()
        equal(collection.num_entities, len(titles), "num_entities of the rows")

    def columns(ids, title):
        return [ids, [title(i) for i in ids], [[float(i), 0.0, 0.0, 1.0] for i in ids]]

    answer = collection.insert(columns(list(range(10)), lambda i: f"t{i}"))
    equal((answer.insert_count, list(answer.primary_keys), answer.succ_count), (10, list(range(10)), 10), "insert")
    read()
    if VERSION >= (2, 3, 0):
        answer = collection.upsert(columns([8, 9, 10], lambda i: f"u{i}"))
        equal(answer.upsert_count, 3, "upsert")
        titles.update({i: f"u{i}" for i in (8, 9, 10)})
        read()
    equal(collection.delete("id in [0, 1]").delete_count, 2, "delete by keys")
    del titles[0], titles[1]
    read()
    if VERSION >= (2, 3, 2):
        collection.delete('title == "t2"')
        del titles[2]
        read()
    hits = collection.search([[0.0, 0.0, 0.0, 1.0]], "vector", {"metric_type": "L2"}, limit=3)[0]
    equal([hit.id for hit in hits], sorted(titles)[:3], "hits beside deleted rows")
    long = columns([20], lambda i: "x" * 21)
    raises(lambda: collection.insert(long), "exceeds max length", "exceeds max_length", "invalid input, length")
    collection.compact()
    collection.wait_for_compaction_completed(timeout=LIMIT_SECONDS)
    read()
    utility.drop_collection(name)


@step
def compaction(ctx):
    """What is small may have been merged in the background before: then there is less to do, or nothing."""
    collection = ctx.collection
    before = {segment.segmentID for segment in utility.get_query_segment_info(ctx.name)}
    collection.compact()
    collection.wait_for_compaction_completed(timeout=LIMIT_SECONDS)
    state, plans = collection.get_compaction_state(), collection.get_compaction_plans().plans
    after = {segment.segmentID for segment in utility.get_query_segment_info(ctx.name)}
    equal((state.state.name, state.in_executing, state.in_timeout, state.completed), ("Completed", 0, 0, len(plans)), "state")
    check(len(after) <= 2 * 2, f"{len(after)} segments in two partitions of two shards, before {len(before)}")
    for plan in plans:
        check(len(plan.sources) > 1 and plan.target in after and not set(plan.sources) & after, f"odd plan: {plan}")
    equal(collection.num_entities, len(ctx.expected), "num_entities after the compaction")
    values(ctx)
    if VERSION >= (2, 4, 15):
        raises(lambda: collection.compact(is_clustering=True), "not supported by this server")


def drop_all(ctx):
    ctx.collection.release()
    try:
        ctx.collection.query(expr="id > 0", output_fields=["id"])
    except MilvusException:
        pass
    else:
        raise AssertionError("a query of a released collection was answered")
    utility.drop_collection(ctx.name)
    utility.drop_collection(ctx.name + "_npy")
    equal(utility.has_collection(ctx.name), False, "has_collection after drop")
    connections.disconnect("default")
