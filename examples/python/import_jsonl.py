"""Imports JSON Lines: a dynamic collection, a nullable field, a job that fails and says where."""
import json
import random
import sys
import time

from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections, utility

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:19530"
host, port = address.rsplit(":", 1)
connections.connect(host=host, port=port)

fields = [
    FieldSchema("id", DataType.INT64, is_primary=True),
    FieldSchema("title", DataType.VARCHAR, max_length=200),
    FieldSchema("year", DataType.INT16, nullable=True),
    FieldSchema("vector", DataType.FLOAT_VECTOR, dim=16),
]
name = "example_jsonl"
if utility.has_collection(name):
    utility.drop_collection(name)
books = Collection(name, CollectionSchema(fields, enable_dynamic_field=True))


def write(path, count, dim=16):
    with open(path, "w") as file:
        for id in range(count):
            row = {"id": id, "title": f"Book {id}", "vector": [random.random() for _ in range(dim)]}
            # Keys that are no fields go into the dynamic field; years that are missing are null.
            row["shelf"] = f"A{id % 7}"
            if id % 3:
                row["year"] = 1900 + id % 125
            print(json.dumps(row), file=file)


def load(path):
    """Imports one file and returns the state that its job ended with."""
    task = utility.do_bulk_insert(name, files=[path])
    while True:
        state = utility.get_bulk_insert_state(task)
        if state.state_name in ("Completed", "Failed"):
            return state
        time.sleep(0.1)


write("example.jsonl", 5000)
state = load("example.jsonl")
print(f"{state.state_name}: {state.row_count} rows")

write("example-bad.jsonl", 3, dim=15)
state = load("example-bad.jsonl")
# File, row, field, byte, what was expected and what was found.
print(f"{state.state_name}: {state.failed_reason}")

# What was imported is visible at once; a collection wants an index and to be loaded before it is queried, as in Milvus.
books.create_index("vector", {"index_type": "FLAT", "metric_type": "L2", "params": {}})
books.load()
found = books.query('year == 1950 and shelf == "A1"', output_fields=["title", "shelf"])
print(f"{len(found)} books of 1950 on shelf A1")
