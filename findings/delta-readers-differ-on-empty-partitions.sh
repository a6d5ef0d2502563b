#!/usr/bin/env bash
# PyPI deltalake 1.6.6, polars 2.1.0: a row of a Delta table with an empty text in its partition column is null to one, empty to the other.
#
# Values of partition columns stand in the table's log alone, as text, and there the protocol gives an empty text to null. `write_deltalake`
# takes both, and makes a folder for each, `lang=` and `lang=__HIVE_DEFAULT_PARTITION__`. Its own reader then has two nulls: the empty text
# is gone, without a word when it was written. polars, which reads through the same library, has one null and one empty text. In a column
# that is no partition both keep it. So a count by language depends on who counts.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check deltalake==1.6.6 polars==2.1.0 pyarrow==26.0.1
venv/bin/python - <<'PY'
import os, sys
import deltalake, polars as pl, pyarrow as pa

rows = pa.table({"id": [1, 2, 3], "lang": ["", None, "de"], "plain": ["", None, "de"]})
deltalake.write_deltalake("t", rows, partition_by=["lang"])
by = {
    f"deltalake {deltalake.__version__}": deltalake.DeltaTable("t").to_pyarrow_table().sort_by("id").to_pydict(),
    f"polars {pl.__version__}": pl.read_delta("t").sort("id").to_dict(as_series=False),
}
print("folders:", *sorted(name for name in os.listdir("t") if name != "_delta_log"))
for name, columns in by.items():
    print(f"{name}: lang {columns['lang']}, plain {columns['plain']}")
own, other = by.values()
is_so = own["lang"] == [None, None, "de"] and other["lang"] == ["", None, "de"] and own["plain"] == other["plain"] == ["", None, "de"]
sys.exit(0 if is_so else 1)
PY
