"""A real Milvus 2.3.5 is filled, and serves until standard input ends.

usage: serving_milvus.py PLAN.json BASE_DIR

The plan is that of from_milvus.py; collections get an index for each vector and are loaded. When they are, one line `ready PORT`
is printed.
"""
import json
import os
import sys

from from_milvus import fill
from pymilvus import connections
from real_milvus import real_milvus
from takeover import INDEXES, create


def serve(spec):
    collection = create(spec)
    for field in collection.schema.fields:
        if field.dtype in INDEXES:
            collection.create_index(field.name, INDEXES[field.dtype])
    fill(collection, spec)
    collection.load()


def main(plan_file, base_dir):
    with open(plan_file, encoding="utf-8") as source:
        plan = json.load(source)
    with real_milvus(base_dir) as server:
        connections.connect(host="127.0.0.1", port=server.listen_port)
        for spec in plan["collections"]:
            serve(spec)
        print(f"ready {server.listen_port}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*(os.path.abspath(argument) for argument in sys.argv[1:3]))
