#!/usr/bin/env bash
# PyPI voyager 2.2.3: its E4M3 has nothing between 0.0068 and 0.0156, where most of the small numbers of embeddings lie.
#
# E4M3 is the 8-bit float of OCP, as ml_dtypes 0.6.0 has it. Its numbers below 2^-6 (0.0156) are multiples of 2^-9: 0.00195 to 0.0137. Voyager
# reads them as multiples of 2^-10, as if they were of the power below: the largest is 0.0068, and what lies between that and 0.0156 becomes one
# of both, 0.0098 as well, which E4M3 has exactly. Of the numbers of a normalized vector of 384 a quarter is below 0.0156; those in the gap are off by
# up to two fifths, and the squared errors of all that small ones are 26 times what they have to be. Nothing says so. The bits of a byte have
# another order too, sign last, so that others read other numbers from the file. Larger numbers are rounded as elsewhere.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check voyager==2.2.3 ml_dtypes==0.6.0 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
from importlib.metadata import version
import ml_dtypes, numpy as np, voyager


def kept(vectors):
    """What voyager gives back of vectors that it keeps as E4M3."""
    index = voyager.Index(voyager.Space.Euclidean, vectors.shape[1], storage_data_type=voyager.StorageDataType.E4M3)
    index.add_items(vectors, ids=range(len(vectors)))
    return index.get_vectors(range(len(vectors)))


def usual(vectors):
    return vectors.astype(ml_dtypes.float8_e4m3fn).astype(np.float32)


given = np.array([[5 / 1024, 10 / 1024, 11 / 1024, 12 / 1024, 0.02, 0.3]], np.float32)
print("given    ", *given[0])
print("voyager  ", version("voyager"), *kept(given)[0])
print("ml_dtypes", ml_dtypes.__version__, *usual(given)[0])
vectors = np.random.default_rng(1).normal(size=(100, 384)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
small = np.abs(vectors) < 2**-6
errors = [float(((convert(vectors) - vectors)[small] ** 2).sum()) for convert in (kept, usual)]
print(f"small numbers: {small.mean():.0%}, their squared errors: {errors[0] / errors[1]:.1f} times those of ml_dtypes")
every = np.unique(np.abs(kept(vectors)))
print("numbers of voyager around them:", *every[(every > 0.004) & (every < 0.02)])
is_hollow = not ((every > 0.00684) & (every < 0.0156)).any() and errors[0] > 3 * errors[1]
is_same = (kept(vectors) == usual(vectors))[~small].all()
sys.exit(0 if is_hollow and is_same and kept(given)[0, 1] != given[0, 1] == usual(given)[0, 1] else 1)
PY
