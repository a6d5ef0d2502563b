"""A real Milvus 2.3.5, until standard input ends.

usage: milvus_server.py BASE_DIR

Prints `ready HOST:PORT PID` when it serves. It keeps its files in BASE_DIR.
"""
import socket
import sys

from milvus import MilvusServer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


server = MilvusServer()
server.set_base_dir(sys.argv[1])
server.listen_port = free_port()
server.start()
try:
    print(f"ready 127.0.0.1:{server.listen_port} {server.server_proc.pid}", flush=True)
    sys.stdin.read()
finally:
    server.stop()
