#!/usr/bin/env bash
# PyPI pymilvus 2.6.17: the Parquet files of its bulk writer have other integers than were appended, where a row of the column is null.
#
# The writer makes a DataFrame of lists; pandas makes floats of a list of integers with None in it, and pyarrow integers of these
# again, since the schema says so. Beyond 2^53 they are others, in a column of type int64 that looks exact, without a warning. JSON, JSON
# Lines and CSV of the same writer have the integers that were appended.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pymilvus==2.6.17 numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1 minio==7.2.20 azure-storage-blob==12.31.1 requests==2.34.2 ml_dtypes==0.6.0
venv/bin/python - 2>/dev/null <<'PY'
import pathlib, sys
import pyarrow.parquet as parquet, pymilvus
from pymilvus import CollectionSchema, DataType, FieldSchema
from pymilvus.bulk_writer import BulkFileType, LocalBulkWriter

schema = CollectionSchema([
    FieldSchema("id", DataType.INT64, is_primary=True),
    FieldSchema("owner", DataType.INT64, nullable=True),
    FieldSchema("vector", DataType.FLOAT_VECTOR, dim=2),
])
owner = 2**62 - 1

def written(owners):
    writer = LocalBulkWriter(schema=schema, local_path="out", file_type=BulkFileType.PARQUET)
    for i, one in enumerate(owners):
        writer.append_row({"id": i, "owner": one, "vector": [1.0, 2.0]})
    writer.commit()
    column = parquet.read_table(writer.batch_files[0][0]).column("owner")
    return str(column.type), column.to_pylist()

whole, beside_null = written([owner]), written([owner, None])
print(f"pymilvus {pymilvus.__version__}: {owner} is written as {whole}, beside a null as {beside_null}")
sys.exit(0 if whole == ("int64", [owner]) and beside_null == ("int64", [owner + 1, None]) else 1)
PY
