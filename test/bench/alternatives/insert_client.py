"""Inserts batches of 1,000 rows of 128 floats, as one client of pymilvus.

usage: insert_client.py ADDRESS

Each line of standard input is a number of calls. Prints a line for it: what each call took, in milliseconds.
"""
import sys
import time

import numpy as np
from pymilvus import Collection, CollectionSchema, DataType, FieldSchema, connections

ROWS, DIM = 1000, 128


def batches():
    random = np.random.default_rng(7)
    first = 0
    while True:
        yield [list(range(first, first + ROWS)), random.random((ROWS, DIM), dtype=np.float32)]
        first += ROWS


def main():
    connections.connect(uri=f"http://{sys.argv[1]}")
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIM),
    ]
    collection = Collection("inserts", CollectionSchema(fields))
    rows = batches()
    for line in sys.stdin:
        milliseconds = []
        for _ in range(int(line)):
            batch = next(rows)
            started = time.perf_counter()
            found = collection.insert(batch).insert_count
            milliseconds.append((time.perf_counter() - started) * 1000)
            if found != ROWS:
                raise RuntimeError(f"{found} rows of {ROWS}")
        print(*(f"{ms:.2f}" for ms in milliseconds), flush=True)


main()
