"""Imports what pymilvus' own bulk writer wrote, over REST, several files as one job."""
import sys
import time

import numpy as np
from pymilvus import DataType, MilvusClient
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter, bulk_import, get_import_progress

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:19530"
url = f"http://{address}"
name = "example_parquet"

client = MilvusClient(uri=url)
schema = MilvusClient.create_schema()
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("words", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=8, max_length=32)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=16)
if client.has_collection(name):
    client.drop_collection(name)
client.create_collection(name, schema=schema)

with LocalBulkWriter(schema, local_path="example-parquet", chunk_size=1 << 20, file_type=BulkFileType.PARQUET) as writer:
    for id in range(20_000):
        vector = np.random.rand(16).astype(np.float32)
        writer.append_row({"id": id, "words": [f"word{id % 10}"], "vector": vector})
    writer.commit()
    files = writer.batch_files

# Every list is one group of files; all of them become visible together, or none.
answer = bulk_import(url=url, collection_name=name, files=files).json()
job = answer["data"]["jobId"]
while True:
    progress = get_import_progress(url=url, job_id=job).json()["data"]
    if progress["state"] in ("Completed", "Failed"):
        break
    time.sleep(0.1)
print(f"{progress['state']}: {progress.get('totalRows', 0)} rows from {len(files)} files {progress.get('reason', '')}")
