"""How long a store of vectors takes for the rows of NumPy columns, in this process: milliseconds, milliseconds of CPU, rows.

usage: store_import.py lance|lancedb|milvus-lite FOLDER ROWS ID_NPY VECTOR_NPY

Each gets the rows the way its guide recommends for many: Lance and LanceDB record batches over the mapped file, Milvus Lite
inserts of a thousand rows. FOLDER must not exist.
"""
import resource
import sys
import time

import numpy as np

BATCH_ROWS = {"lance": 65_536, "lancedb": 65_536, "milvus-lite": 1_000}


def batches(store, rows, ids, vectors):
    step = BATCH_ROWS[store]
    for first in range(0, rows, step):
        end = min(first + step, rows)
        yield ids[first:end], vectors[first:end]


def record_batches(parts, dim):
    import pyarrow as pa

    schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32(), dim))])

    def convert():
        for ids, vectors in parts:
            lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dim)
            yield pa.record_batch([pa.array(ids), lists], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, convert())


def lance(folder, parts, dim):
    import lance

    return lance.write_dataset(record_batches(parts, dim), folder).count_rows()


def lancedb(folder, parts, dim):
    import lancedb

    return lancedb.connect(folder).create_table("bench", record_batches(parts, dim)).count_rows()


def milvus_lite(folder, parts, dim):
    from pymilvus import DataType, MilvusClient

    client = MilvusClient(folder + ".db")
    schema = client.create_schema(auto_id=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    client.create_collection("bench", schema=schema)
    inserted = 0
    for ids, vectors in parts:
        rows = [{"id": int(key), "vector": vector} for key, vector in zip(ids, vectors)]
        inserted += client.insert("bench", rows)["insert_count"]
    client.close()
    return inserted


def cpu_seconds():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main():
    store, folder, rows, id_file, vector_file = sys.argv[1:]
    rows = int(rows)
    ids, vectors = (np.load(file, mmap_mode="r")[:rows] for file in (id_file, vector_file))
    work = {"lance": lance, "lancedb": lancedb, "milvus-lite": milvus_lite}[store]
    started, before = time.monotonic(), cpu_seconds()
    found = work(folder, batches(store, rows, ids, vectors), vectors.shape[1])
    ms, cpu_ms = (time.monotonic() - started) * 1000, (cpu_seconds() - before) * 1000
    if found != rows:
        raise RuntimeError(f"{found} rows of {rows}")
    print(f"took {ms:.0f} {cpu_ms:.0f}")


main()
