"""The newer interface, MilvusClient, with imports over REST: pymilvus 2.4 and later."""
import time

from pymilvus import DataType, MilvusClient

from data import ROWS, compare_rows, float32, make_rows, write_by_hand
from harness import LIMIT_SECONDS, VERSION, check, equal, raises, step
from orm_steps import count


def rest_import(ctx, collection_name, files, rows, **kwargs):
    """Imports over REST and waits; the job's id."""
    from pymilvus.bulk_writer import bulk_import, get_import_progress

    job = bulk_import(url=ctx.url, collection_name=collection_name, files=files, **kwargs).json()["data"]["jobId"]
    check(isinstance(job, str), "the job id is not text")
    deadline = time.time() + LIMIT_SECONDS
    while True:
        data = get_import_progress(url=ctx.url, job_id=job).json()["data"]
        check(data["state"] in ("Pending", "Importing", "Completed"), f"state over REST: {data}")
        if data["state"] == "Completed":
            break
        check(time.time() < deadline, "the REST import did not complete in time")
        time.sleep(0.05)
    equal((data["progress"], data["importedRows"], data["totalRows"]), (100, rows, rows), "progress over REST")
    equal((data["jobId"], data["collectionName"]), (job, collection_name), "job over REST")
    equal(len(data["details"]), len(files), "details over REST")
    return job


@step
def rest_jobs(ctx):
    from pymilvus import utility
    from pymilvus.bulk_writer import get_import_progress, list_import_jobs

    rows = make_rows(ctx.random, ctx.schema, 15, 5000)
    job = rest_import(ctx, ctx.name, write_by_hand(ctx, rows, "hand_rest", lines=False), 15)
    ctx.expected += rows
    equal(count(ctx.collection), len(ctx.expected), "count after the REST import")
    records = list_import_jobs(url=ctx.url, collection_name=ctx.name).json()["data"]["records"]
    check(job in [record["jobId"] for record in records], "the job is not listed over REST")
    equal(utility.get_bulk_insert_state(task_id=int(job)).state_name, "Completed", "a REST job over gRPC")
    # A slash at the end of the address is doubled by the helpers.
    equal(get_import_progress(url=ctx.url + "/", job_id=job).json()["data"]["state"], "Completed", "state over a doubled slash")
    raises(lambda: get_import_progress(url=ctx.url, job_id="12345"), "not exist")
    raises(lambda: rest_import(ctx, "no_such_collection", [["a.json"]], 0), "can't find collection", "not found")
    raises(lambda: rest_import(ctx, ctx.name, [["nothing-here.json"]], 0), "nothing-here.json")


@step
def client_create(ctx):
    ctx.client = MilvusClient(uri=ctx.url)
    ctx.client_name = ctx.name + "_client"
    client = ctx.client
    client.drop_collection(ctx.client_name)
    equal(client.has_collection(ctx.client_name), False, "has_collection of a missing one")
    schema = client.create_schema(auto_id=False, enable_dynamic_field=True)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=100)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    schema.add_field("year", DataType.INT64)
    index = client.prepare_index_params()
    index.add_index(field_name="vector", index_type="HNSW", metric_type="COSINE", M=8, efConstruction=32)
    client.create_collection(ctx.client_name, schema=schema, index_params=index, num_shards=2)
    equal(client.has_collection(ctx.client_name), True, "has_collection")
    check(ctx.client_name in client.list_collections(), "list_collections")
    described = client.describe_collection(ctx.client_name)
    equal([field["name"] for field in described["fields"]], ["id", "vector", "year"], "described fields")
    equal((described["enable_dynamic_field"], described["num_shards"]), (True, 2), "described options")
    equal(client.list_indexes(ctx.client_name), ["vector"], "list_indexes")
    equal(client.describe_index(ctx.client_name, "vector")["metric_type"], "COSINE", "described metric")
    equal(str(client.get_load_state(ctx.client_name)["state"]), "Loaded", "load state")
    client.create_partition(ctx.client_name, "p1")
    equal(client.list_partitions(ctx.client_name), ["_default", "p1"], "list_partitions")


@step
def client_import_and_query(ctx):
    client, name = ctx.client, ctx.client_name
    # Keys without quotes: the client puts them into its expressions as they are.
    rows = [{"id": f"k {i} é", "vector": float32([i, 1, 2, -i]), "year": 2**53 + 1 + i, "color": f"c{i % 3}"} for i in range(ROWS)]
    files = [write_by_hand(ctx, rows[i : i + 100], f"hand_client_{i}", lines=i == 100)[0] for i in range(0, ROWS, 100)]
    rest_import(ctx, name, files, ROWS)
    client.refresh_load(name)
    equal(client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"], ROWS, "count(*)")
    equal(int(client.get_collection_stats(name)["row_count"]), ROWS, "get_collection_stats")
    found = client.query(name, filter="year > 0", output_fields=["*"])
    compare_rows(found, rows, ["vector", "year", "color"])
    keys = [rows[7]["id"], rows[100]["id"]]
    compare_rows(client.get(name, ids=keys, output_fields=["year", "color"]), [rows[7], rows[100]], ["year", "color"])
    equal(len(client.query(name, filter="color == 'c1'", output_fields=["id"])), ROWS // 3, "filter of a dynamic key")
    if VERSION >= (3, 0, 0):
        groups = client.query(name, filter=f"year > {2**53 + 2}", output_fields=["id", "count(*)"], group_by_fields=["id"], limit=2)
        equal([row["count(*)"] for row in groups], [1, 1], "groups of rows")
        (total,) = client.query(name, output_fields=["sum(year)", "avg(year)", "min(id)"])
        equal(total["sum(year)"], sum(row["year"] for row in rows), "sum")
        equal(total["min(id)"], min(row["id"] for row in rows), "least key")
        raises(lambda: client.query(name, output_fields=["sum(id)"]), "does not support data type VarChar")
    equal([row["id"] for row in client.query(name, filter="year >= 0", limit=3)], sorted(row["id"] for row in rows)[:3], "first page")
    equal(list(client.get(name, ids=["nobody"])), [], "get of a missing key")


@step
def client_search(ctx):
    client, name = ctx.client, ctx.client_name
    queries = [[1.0, 0.0, 0.0, 0.0], [50.0, 1.0, 2.0, -50.0]]
    answer = client.search(name, data=queries, limit=5, output_fields=["year", "color"], filter="color != 'c1'")
    vectors = {f"k {i} é": float32([i, 1, 2, -i]) for i in range(ROWS) if i % 3 != 1}
    norm = lambda vector: sum(x * x for x in vector) ** 0.5
    for hits, query in zip(answer, queries):
        cosine = {key: sum(a * b for a, b in zip(vector, query)) / norm(vector) / norm(query) for key, vector in vectors.items()}
        found = [hit["distance"] for hit in hits]
        best = sorted(cosine.values(), reverse=True)[:5]
        check(all(abs(a - b) < 1e-5 for a, b in zip(found, best)), f"scores: expected {best}, found {found}")
        for hit in hits:
            check(abs(cosine[hit["id"]] - hit["distance"]) < 1e-5, f"score of {hit}")
            check(hit["entity"]["color"] in ("c0", "c2"), f"dynamic key of {hit}")
    from pymilvus import AnnSearchRequest, RRFRanker

    requests = [AnnSearchRequest([query], "vector", {"metric_type": "COSINE"}, limit=20) for query in queries]
    (hits,) = client.hybrid_search(name, requests, RRFRanker(60), limit=7)
    equal(len({hit["id"] for hit in hits}), 7, "hits of a hybrid search")
    # That of 2.4 widens its range a few times only, and gives up where hits are thin.
    if VERSION >= (2, 5, 2):
        iterator = client.search_iterator(name, data=[queries[0]], batch_size=70, limit=-1, output_fields=["year"])
        keys = []
        while page := iterator.next():
            keys += [hit.id if hasattr(hit, "id") else hit["id"] for hit in page]
        iterator.close()
        equal((len(keys), len(set(keys))), (ROWS, ROWS), "keys of the search iterator")


@step
def client_compact(ctx):
    client, name = ctx.client, ctx.client_name
    job = client.compact(name)
    deadline = time.time() + LIMIT_SECONDS
    while client.get_compaction_state(job) != "Completed":
        check(time.time() < deadline, "the compaction did not end in time")
        time.sleep(0.05)
    equal(client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"], ROWS, "count(*) after the compaction")


@step
def client_single_rows(ctx):
    client, name = ctx.client, ctx.name + "_client_rows"
    client.drop_collection(name)
    client.create_collection(name, dimension=4, auto_id=False)
    rows = [{"id": i, "vector": [1.0, 2.0, 3.0, float(i)], "color": f"c{i}"} for i in range(6)]
    equal(client.insert(name, rows)["insert_count"], 6, "insert")
    equal(client.upsert(name, [{**rows[5], "color": "new"}])["upsert_count"], 1, "upsert")
    rows[5]["color"] = "new"
    if VERSION >= (2, 6, 2):
        equal(client.upsert(name, [{"id": 4, "color": "part"}], partial_update=True)["upsert_count"], 1, "partial update")
        rows[4]["color"] = "part"
    equal(client.delete(name, ids=[0, 1])["delete_count"] if VERSION >= (2, 4, 0) else 2, 2, "delete by ids")
    equal(client.delete(name, filter='color == "c2"')["delete_count"], 1, "delete by a filter")
    compare_rows(client.query(name, filter="id >= 0", output_fields=["*"]), rows[3:], ["vector", "color"])
    equal(client.get_collection_stats(name)["row_count"], 3, "row_count of the rows")
    equal([row["id"] for row in client.get(name, ids=[1, 3, 5], output_fields=["id"])], [3, 5], "get beside deleted rows")
    raises(lambda: client.delete(name, filter="id >= "), "failed to create delete plan", code=1100)
    if hasattr(client, "truncate_collection"):
        client.truncate_collection(name)
        equal(client.get_collection_stats(name)["row_count"], 0, "row_count of a truncated collection")
        equal(client.query(name, filter="id >= 0"), [], "rows of a truncated collection")
        equal(client.insert(name, rows[:2])["insert_count"], 2, "insert into a truncated collection")
        equal(len(client.query(name, filter="id >= 0")), 2, "rows after the truncation")
    client.drop_collection(name)


@step
def client_schema_change(ctx):
    client, name = ctx.client, ctx.name + "_grown"
    if not hasattr(client, "add_collection_field"):
        return
    client.drop_collection(name)
    client.create_collection(name, dimension=4)
    first = [{"id": i, "vector": [1.0, 2.0, 3.0, float(i)]} for i in range(5)]
    rest_import(ctx, name, write_by_hand(ctx, first, "hand_before", lines=True), 5)
    # Newer clients keep the schema from here on, until they are told that it has changed.
    first.append({"id": 100, "vector": [0.0, 0.0, 0.0, 1.0]})
    client.insert(name, first[-1:])
    client.add_collection_field(name, "stars", DataType.INT64, nullable=True, default_value=3)
    client.add_collection_field(name, "shelf", DataType.VARCHAR, nullable=True, max_length=2)
    client.alter_collection_field(name, "shelf", {"max_length": 10})
    raises(lambda: client.add_collection_field(name, "n", DataType.INT64, nullable=False), "added field must be nullable", code=1100)
    raises(lambda: client.add_collection_field(name, "stars", DataType.INT64, nullable=True), "duplicated field name stars", code=1100)
    raises(lambda: client.alter_collection_field(name, "stars", {"max_length": 5}), "can not modify the maxlength", code=1100)
    inserted = {"id": 101, "vector": [0.0, 0.0, 1.0, 0.0], "stars": 5, "shelf": "lower"}
    client.insert(name, [inserted])
    second = [{**row, "id": row["id"] + 5, "stars": 4, "shelf": "upper"} for row in first[:5]]
    rest_import(ctx, name, write_by_hand(ctx, second, "hand_after", lines=True), 5)
    fields = {field["name"]: field for field in client.describe_collection(name)["fields"]}
    equal(list(fields), ["id", "vector", "stars", "shelf"], "fields after the change")
    equal(int(fields["shelf"]["params"]["max_length"]), 10, "max_length after the change")
    expected = [{**row, "stars": 3, "shelf": None} for row in first] + second + [inserted]
    compare_rows(client.query(name, filter="id >= 0", output_fields=["*"]), expected, ["vector", "stars", "shelf"])
    equal(client.query(name, filter="shelf is null", output_fields=["count(*)"])[0]["count(*)"], 6, "nulls from before")
    if hasattr(client, "drop_collection_field"):
        raises(lambda: client.drop_collection_field(name, field_name="vector"), "cannot drop the last vector field: vector", code=1100)
        client.drop_collection_field(name, field_name="shelf")
        client.drop_collection_field(name, field_id=[f for f in client.describe_collection(name)["fields"] if f["name"] == "stars"][0]["field_id"])
        equal([field["name"] for field in client.describe_collection(name)["fields"]], ["id", "vector"], "fields after two were dropped")
        client.insert(name, [{"id": 102, "vector": [0.0, 1.0, 0.0, 0.0]}])
        left = [{"id": row["id"], "vector": row["vector"]} for row in expected] + [{"id": 102, "vector": [0.0, 1.0, 0.0, 0.0]}]
        found = client.query(name, filter="id >= 0", output_fields=["*"])
        compare_rows(found, left, ["vector"])
        equal([row for row in found if "stars" in row or "shelf" in row], [], "values of dropped fields")
    client.drop_collection(name)


@step
def client_full_text(ctx):
    client, name = ctx.client, ctx.name + "_text"
    if not hasattr(client, "run_analyzer"):
        return
    from pymilvus import AnnSearchRequest, Function, FunctionType, RRFRanker

    client.drop_collection(name)
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field(
        "text", DataType.VARCHAR, max_length=200, enable_analyzer=True, enable_match=True, analyzer_params={"type": "english"}
    )
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    schema.add_field("terms", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(Function("f", FunctionType.BM25, ["text"], ["terms"]))
    indexes = client.prepare_index_params()
    indexes.add_index("terms", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={"bm25_k1": 1.5, "bm25_b": 0.5})
    indexes.add_index("vector", index_type="FLAT", metric_type="L2")
    client.create_collection(name, schema=schema, index_params=indexes)
    texts = ["red foxes", "a fox, and another fox", "blue birds", "the bird of the fox", ""]
    rows = [{"id": i, "text": text, "vector": [float(i), 0.0]} for i, text in enumerate(texts)]
    rest_import(ctx, name, write_by_hand(ctx, rows, "hand_text", lines=True), len(rows))
    described = client.describe_collection(name)
    equal([(f["name"], f["type"], f["output_field_names"]) for f in described["functions"]], [("f", FunctionType.BM25, ["terms"])], "functions")
    # N = 5, mean length 1.8 (stems that are left: 2, 3, 2, 2, 0); of the stem "fox" n = 3, of "bird" n = 2.
    import math

    def score(counts, length):
        idf = {"fox": math.log(1 + 2.5 / 3.5), "bird": math.log(1 + 3.5 / 2.5)}
        return sum(idf[w] * c * 2.5 / (c + 1.5 * (0.5 + 0.5 * length / 1.8)) for w, c in counts.items())

    expected = [(3, score({"fox": 1, "bird": 1}, 2)), (2, score({"bird": 1}, 2)), (1, score({"fox": 2}, 3)), (0, score({"fox": 1}, 2))]
    expected.sort(key=lambda hit: (-hit[1], hit[0]))
    [hits] = client.search(name, ["Birds, foxes"], anns_field="terms", limit=10, search_params={"metric_type": "BM25"})
    equal([hit["id"] for hit in hits], [key for key, _ in expected], "order of hits by text")
    for hit, (_, wanted) in zip(hits, expected):
        check(abs(hit["distance"] - wanted) < 1e-5, f"score of {hit}: expected {wanted}")
    requests = [
        AnnSearchRequest(["birds"], "terms", {"metric_type": "BM25"}, limit=2),
        AnnSearchRequest([[4.0, 0.0]], "vector", {"metric_type": "L2"}, limit=2),
    ]
    [hits] = client.hybrid_search(name, requests, RRFRanker(60), limit=3)
    equal(sorted(hit["id"] for hit in hits)[0:2], [2, 3], "hits of text and vectors")
    equal([row["id"] for row in client.query(name, "text_match(text, 'FOX')")], [0, 1, 3], "text_match")
    equal([row["id"] for row in client.query(name, "phrase_match(text, 'bird of the fox')")], [3], "phrase_match")
    equal(client.run_analyzer("The foxes", {"type": "english"}).tokens, ["fox"], "tokens")
    raises(lambda: client.query(name, "id >= 0", output_fields=["terms"]), "not allowed to retrieve raw data of field terms")
    client.drop_collection(name)


@step
def client_iterator(ctx):
    iterator = ctx.client.query_iterator(ctx.client_name, filter="year > 0", output_fields=["id"], batch_size=70)
    keys = []
    while page := iterator.next():
        keys += [row["id"] for row in page]
    iterator.close()
    equal((len(keys), len(set(keys))), (ROWS, ROWS), "keys of the iterator")


@step
def client_quick_create(ctx):
    client, name = ctx.client, ctx.client_name + "_quick"
    client.drop_collection(name)
    client.create_collection(name, dimension=4)
    equal([field["name"] for field in client.describe_collection(name)["fields"]], ["id", "vector"], "fields of a quick collection")
    rows = [{"id": i, "vector": [1.0, 2.0, 3.0, float(i)], "title": f"t{i}"} for i in range(10)]
    rest_import(ctx, name, write_by_hand(ctx, rows, "hand_quick", lines=True), 10)
    compare_rows(client.query(name, filter="id >= 0", output_fields=["*"]), rows, ["vector", "title"])
    client.drop_collection(name)


@step
def client_drop(ctx):
    client, name = ctx.client, ctx.client_name
    client.release_collection(name)
    equal(str(client.get_load_state(name)["state"]), "NotLoad", "load state after release")
    client.drop_collection(name)
    equal(client.has_collection(name), False, "has_collection after drop")
    raises(lambda: client.describe_collection(name), "can't find collection", code=100)
    if VERSION < (3, 0, 0):
        client.close()
