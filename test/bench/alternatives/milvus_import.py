"""How long a real Milvus 2.3.5 takes to import files, from the call to its end.

usage: milvus_import.py BASE_DIR DIM ROWS FILE...

Prints the milliseconds. Milvus keeps its files in BASE_DIR and ends with this program.
"""
import socket
import sys
import time

from milvus import MilvusServer
from pymilvus import BulkInsertState, Collection, CollectionSchema, DataType, FieldSchema, connections, utility

LIMIT_SECONDS = 900


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def import_files(dim, files):
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=dim),
    ]
    Collection("bench", CollectionSchema(fields), shards_num=2)
    started = time.monotonic()
    task = utility.do_bulk_insert("bench", files)
    while time.monotonic() < started + LIMIT_SECONDS:
        state = utility.get_bulk_insert_state(task)
        if state.state == BulkInsertState.ImportFailed:
            raise RuntimeError(state.failed_reason)
        if state.state in (BulkInsertState.ImportPersisted, BulkInsertState.ImportCompleted):
            return (time.monotonic() - started) * 1000, state.row_count
        time.sleep(0.05)
    raise RuntimeError("the import did not end")


def main():
    base_dir, dim, rows, *files = sys.argv[1:]
    server = MilvusServer()
    server.set_base_dir(base_dir)
    server.listen_port = free_port()
    server.start()
    try:
        connections.connect(host="127.0.0.1", port=server.listen_port)
        milliseconds, found = import_files(int(dim), files)
        if found != int(rows):
            raise RuntimeError(f"{found} rows of {rows}")
        print(f"{milliseconds:.0f}")
    finally:
        server.stop()


main()
