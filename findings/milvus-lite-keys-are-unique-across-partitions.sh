#!/usr/bin/env bash
# PyPI milvus-lite 3.2.2 (driven by pymilvus 3.0.1): a primary key is one row in a whole collection, whatever the partition.
#
# A Milvus server keeps two rows that were inserted with one key into two partitions: each partition answers its own, a count
# says two, and a delete that names a partition leaves the other one's row. Milvus Lite answers the row that was inserted last and
# hides the older one, also where the older one's partition alone is asked, and a delete for one partition takes the row in the
# other. So a program that reads its folder must not take partitions one by one: of equal keys the newest row counts, of all of them.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check milvus-lite==3.2.2 pymilvus==3.0.1
venv/bin/python - <<'PY'
import sys
from pymilvus import DataType, MilvusClient

client = MilvusClient("lite.db")
schema = client.create_schema()
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
schema.add_field("word", DataType.VARCHAR, max_length=9)
index = client.prepare_index_params()
index.add_index("vector", index_type="FLAT", metric_type="L2")
client.create_collection("c", schema=schema, index_params=index)
client.create_partition("c", "other")

def insert(word, partition):
    client.insert("c", [{"id": 1, "vector": [1, 1], "word": word}], partition_name=partition)

def words(*partitions):
    rows = client.query("c", filter="id == 1", output_fields=["word"], partition_names=list(partitions))
    return [row["word"] for row in rows]

insert("older", "_default")
insert("newer", "other")
count = client.query("c", filter="", output_fields=["count(*)"])[0]["count(*)"]
seen = [words(), words("_default"), words("other"), count]
print("inserted into both: all, _default, other, count:", *seen)
insert("again", "_default")
client.delete("c", ids=[1], partition_name="other")
left = words()
print("inserted into _default again, deleted from other:", left)
sys.exit(0 if seen == [["newer"], [], ["newer"], 1] and left == [] else 1)
PY
