"""Imports JSON Lines: a dynamic collection, a nullable field, a job that fails and says where."""
import json
import random
import sys
import time
import urllib.request

from pymilvus import DataType, MilvusClient

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:19530"
url = f"http://{address}"
client = MilvusClient(uri=url)

name = "example_jsonl"
schema = MilvusClient.create_schema(enable_dynamic_field=True)
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("title", DataType.VARCHAR, max_length=200)
schema.add_field("year", DataType.INT16, nullable=True)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=16)
# What was imported is visible at once; a collection wants an index and to be loaded before it is queried, as in Milvus.
index = client.prepare_index_params()
index.add_index("vector", index_type="FLAT", metric_type="L2")
if client.has_collection(name):
    client.drop_collection(name)
client.create_collection(name, schema=schema, index_params=index)


def write(path, count, dim=16):
    with open(path, "w") as file:
        for id in range(count):
            row = {"id": id, "title": f"Book {id}", "vector": [random.random() for _ in range(dim)]}
            # Keys that are no fields go into the dynamic field; years that are missing are null.
            row["shelf"] = f"A{id % 7}"
            if id % 3:
                row["year"] = 1900 + id % 125
            print(json.dumps(row), file=file)


def call(action, **body):
    """A call about jobs, over REST on the same port: MilvusClient itself has none. pymilvus.bulk_writer has some of them."""
    data = json.dumps(body).encode()
    with urllib.request.urlopen(f"{url}/v2/vectordb/jobs/import/{action}", data) as answer:
        answer = json.load(answer)
    if answer["code"] != 0:
        sys.exit(answer["message"])
    return answer["data"]


def load(path):
    """Imports one file and returns what its job has become in the end."""
    job = call("create", collectionName=name, files=[[path]])
    while True:
        job = call("describe", jobId=job["jobId"])
        if job["state"] in ("Completed", "Failed"):
            return job
        time.sleep(0.1)


write("example.jsonl", 5000)
job = load("example.jsonl")
print(f"{job['state']}: {job['importedRows']} rows")

write("example-bad.jsonl", 3, dim=15)
job = load("example-bad.jsonl")
# File, row, field, byte, what was expected and what was found.
print(f"{job['state']}: {job['reason']}")

found = client.query(name, 'year == 1950 and shelf == "A1"', output_fields=["title", "shelf"])
print(f"{len(found)} books of 1950 on shelf A1")
