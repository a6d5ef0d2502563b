"""iterator_export.py ADDRESS FILE ROWS: rows of the collection `bench`, by a query iterator, as a Parquet file."""

import os
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymilvus import MilvusClient

address, path, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
# The most that a Milvus gives out at once, which is quickest.
PAGE_ROWS = 16384
# A row group has as many rows as one of pyarrow's other files of the bench.
GROUP_ROWS = 65536
SCHEMA = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32()))])

client = MilvusClient(f"http://{address}")
started, before = time.perf_counter(), sum(os.times()[:2])
iterator = client.query_iterator("bench", batch_size=PAGE_ROWS, limit=limit, filter="", output_fields=["id", "vector"])


def table_of(rows):
    vectors = np.array([row["vector"] for row in rows], dtype=np.float32)
    ends = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    lists = pa.ListArray.from_arrays(ends, vectors.reshape(-1))
    return pa.table([pa.array([row["id"] for row in rows], pa.int64()), lists], schema=SCHEMA)


count, held = 0, []
with pq.ParquetWriter(path, SCHEMA, compression="snappy") as writer:
    while page := iterator.next():
        count += len(page)
        held.append(table_of(page))
        if sum(table.num_rows for table in held) >= GROUP_ROWS:
            writer.write_table(pa.concat_tables(held).combine_chunks())
            held = []
    if held:
        writer.write_table(pa.concat_tables(held).combine_chunks())
iterator.close()
if count != limit:
    sys.exit(f"{count} rows came of {limit}")
seconds, cpu = time.perf_counter() - started, sum(os.times()[:2]) - before
print(f"took {1000 * seconds:.0f} ms, CPU {1000 * cpu:.0f} ms")
