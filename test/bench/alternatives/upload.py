"""upload.py HOST:PORT tls|plain BUCKET KEY FILE PART_BYTES: one file by minio's client, as pymilvus's uploader calls it.

ACCESS_KEY, SECRET_KEY and SESSION_TOKEN are in the environment, the certificate in SSL_CERT_FILE."""

import os
import sys
import time

from minio import Minio

endpoint, transport, bucket, key, path, part_bytes = sys.argv[1:]
client = Minio(
    endpoint=endpoint,
    access_key=os.environ["ACCESS_KEY"],
    secret_key=os.environ["SECRET_KEY"],
    session_token=os.environ.get("SESSION_TOKEN") or None,
    region="us-east-1",
    secure=transport == "tls",
)
started, before = time.perf_counter(), sum(os.times()[:2])
client.fput_object(bucket_name=bucket, object_name=key, file_path=path, part_size=int(part_bytes))
seconds, cpu = time.perf_counter() - started, sum(os.times()[:2]) - before
print(f"took {1000 * seconds:.0f} ms, CPU {1000 * cpu:.0f} ms")
