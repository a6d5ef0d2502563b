#!/usr/bin/env bash
# PyPI pymilvus 2.6.17: leaving a `with LocalBulkWriter(...)` block throws away what was appended since the last commit.
#
# A block that ends without an exception ends, in files and databases, with everything written. Here rows since the last `commit()`
# are gone, without an exception or a warning: those of a writer that never committed, its folder too, and those appended
# after a commit. `commit()` has to be the last call of the block, however it goes on.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pymilvus==2.6.17 numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 minio==7.2.20 azure-storage-blob==12.31.1 requests==2.34.2 ml_dtypes==0.6.0
venv/bin/python - 2>/dev/null <<'PY'
import pathlib, sys, tempfile
import pandas, pymilvus
from pymilvus import CollectionSchema, DataType, FieldSchema
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter

schema = CollectionSchema([
    FieldSchema("id", DataType.INT64, is_primary=True),
    FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2),
])

def written(before_commit, after_commit):
    """Rows in the files that a block leaves behind."""
    folder = tempfile.mkdtemp(dir=".")
    with LocalBulkWriter(schema=schema, local_path=folder, file_type=BulkFileType.PARQUET) as writer:
        for i in range(before_commit):
            writer.append_row({"id": i, "vector": [1.0, 2.0]})
        if before_commit:
            writer.commit()
        for i in range(after_commit):
            writer.append_row({"id": before_commit + i, "vector": [1.0, 2.0]})
    files = list(pathlib.Path(folder).rglob("*.parquet"))
    return sum(len(pandas.read_parquet(file)) for file in files)

never, between = written(0, 3), written(3, 2)
print(f"pymilvus {pymilvus.__version__}: 3 rows and no commit leave {never} rows; 3 rows, a commit and 2 more leave {between}")
sys.exit(0 if (never, between) == (0, 3) else 1)
PY

