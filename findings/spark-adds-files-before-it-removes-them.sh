#!/usr/bin/env bash
# Delta Lake 3.2.1 on PyPI pyspark 3.5.3: a commit that deletes rows first adds a file, and then removes a file of the same path.
#
# With deletion vectors a delete leaves the file as it is: the commit adds it again, together with what of it is deleted, and removes it as it
# was. In the log these lines stand in this order, `add` before `remove`, with one path. A reader that keeps live files by their paths, and
# goes through the log line by line, ends without the file: not the deleted rows are gone but all of its rows, and no line of the log looks
# wrong. That file and deletion vector together are the key stands in the protocol alone. Without deletion vectors all paths are new, so
# that such a reader is right for years.
#
# Ends with 0 while that is so, with 1 once it has changed. Needs Java 17 and Maven.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyspark==3.5.3
for artifact in io.delta:delta-spark_2.12:3.2.1 io.delta:delta-storage:3.2.1 org.antlr:antlr4-runtime:4.9.3; do
  mvn -q -B dependency:get -Dartifact=$artifact -Dtransitive=false -Dmaven.repo.local="$folder/m2" > /dev/null
done
venv/bin/python - 2> /dev/null <<'PY'
import glob, json, os, sys
from pyspark.sql import SparkSession

jars = ",".join(path for path in glob.glob("m2/**/*.jar", recursive=True) if "delta-" in path or "antlr4-runtime" in path)
extension, catalog = "io.delta.sql.DeltaSparkSessionExtension", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
settings = {
    "spark.jars": jars, "spark.ui.enabled": "false", "spark.sql.extensions": extension, "spark.sql.catalog.spark_catalog": catalog,
    "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.shuffle.partitions": "1", "spark.sql.warehouse.dir": os.path.abspath("warehouse"),
}
builder = SparkSession.builder.master("local[1]")
for key, value in settings.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
table = f"delta.`{os.path.abspath('t')}`"
spark.sql(f"create table {table} (id bigint) using delta tblproperties('delta.enableDeletionVectors'='true')")
spark.range(20).coalesce(1).write.format("delta").mode("append").save("t")
spark.sql(f"delete from {table} where id in (3, 5)")
rows = spark.read.format("delta").load("t").count()

live, last = set(), []
for commit in sorted(glob.glob("t/_delta_log/*.json")):
    last = []
    for line in open(commit):
        action = json.loads(line)
        for kind in ("add", "remove"):
            if kind in action:
                path = action[kind]["path"]
                last.append((kind, path, "deletionVector" in action[kind]))
                (live.add if kind == "add" else live.discard)(path)
print("the commit of the delete, in its order:")
for kind, path, has_vector in last:
    print(f"  {kind} {path[:20]}…, {'with' if has_vector else 'without'} a deletion vector")
print(f"Spark reads {rows} rows; by paths alone {len(live)} files are live")
is_so = [kind for kind, *_ in last] == ["add", "remove"] and last[0][1] == last[1][1] and rows == 18 and not live
sys.exit(0 if is_so else 1)
PY
