#!/usr/bin/env bash
# PyPI milvus-lite 2.5.1 (driven by pymilvus 2.6.17): the rows of its SQLite file are bytes that are stored as text.
#
# A collection is a table whose column `data` is declared BLOB, and each row in it is a protobuf message. It is bound as text, so
# SQLite's `typeof` says "text", and bindings that decode text, as Python's, fail at the first vector whose bytes are no UTF-8. The
# bytes are all there: `CAST(data AS BLOB)` gives them, and so must any reader of the file that goes by the storage class.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus-lite==2.5.1 pymilvus==2.6.17 setuptools==79.0.1
venv/bin/python - 2>/dev/null <<'PY'
import sqlite3, sys
from pymilvus import MilvusClient

client = MilvusClient("lite.db")
client.create_collection("c", dimension=2)
client.insert("c", [{"id": 1, "vector": [-1.5, 2.25]}])
client.close()

db = sqlite3.connect("lite.db")
declared = {name: kind for _, name, kind, *_ in db.execute("PRAGMA table_info('c')")}
column = next(name for name, kind in declared.items() if kind.upper() == "BLOB")
(stored,) = db.execute(f"SELECT typeof({column}) FROM c").fetchone()
try:
    db.execute(f"SELECT {column} FROM c").fetchone()
    read = "read"
except sqlite3.OperationalError as error:
    read = str(error).split(" ")[0:5]
(cast,) = db.execute(f"SELECT CAST({column} AS BLOB) FROM c").fetchone()
print(f"declared {declared[column]}, stored as {stored}, read as it is: {read}, as bytes: {len(cast)} of them")
sys.exit(0 if stored == "text" and read != "read" and len(cast) > 8 else 1)
PY
