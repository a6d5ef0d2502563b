#!/usr/bin/env bash
# PyPI datasets 5.2.0 (pandas 3.1.1): `to_json` writes one number of each matrix, of other rows too, and leaves columns out.
#
# A column of `Array2D` holds a matrix a row, such as vectors of a text's tokens. `Dataset.to_json` goes through pandas, whose writer
# takes a value of the first matrix for the column: row 1 gets its first number, row 2 the first number of its second line, and a row for
# which it has no line left has neither that key nor those behind it. No exception, and the lines are JSON. The same lists as
# `List(List(…))` are written as they are; so are both by `to_parquet`.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check datasets==5.2.0 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6
HF_HUB_OFFLINE=1 HF_HOME=$folder/home venv/bin/python - <<'PY'
import json, sys
import datasets, pandas
from datasets import Array2D, Dataset, Features, List, Value

datasets.disable_progress_bars()
tokens = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]], [[9.0, 10.0], [11.0, 12.0]]]
rows = {"id": [1, 2, 3], "tokens": tokens, "title": ["a", "b", "c"]}

def written(type):
    features = Features({"id": Value("int64"), "tokens": type, "title": Value("string")})
    Dataset.from_dict(rows, features=features).to_json("t.jsonl")
    return [json.loads(line) for line in open("t.jsonl")]

matrices, lists = written(Array2D((2, 2), "float32")), written(List(List(Value("float32"))))
print(f"datasets {datasets.__version__}, pandas {pandas.__version__}")
for name, lines in {"Array2D": matrices, "List(List)": lists}.items():
    print(name, *lines, sep="\n  ")
is_right = [line["tokens"] for line in lists] == tokens
is_so = not isinstance(matrices[0]["tokens"], list) and "title" not in matrices[2] and is_right
sys.exit(0 if is_so else 1)
PY
