#!/usr/bin/env bash
# PyPI xarray 2026.9.0 with zarr 3.1.6: zeros of a zarr array of version 2 are missing values, those of version 3 are zeros.
#
# An array of zarr has a `fill_value` for chunks that were never written: 0, unless somebody chooses another. `open_zarr` takes that of version 2
# for `_FillValue`, "no value here", so that integers with a 0 among them become floats with NaN, and keys or counts lose their zeros; the same
# array in version 3 is read as it is, as NumPy and zarr read both. What xarray itself writes has `"fill_value": null` instead, unless a `_FillValue`
# is asked for. A reader that cannot tell who wrote a store has to guess what a 0 is. `open_zarr(…, mask_and_scale=False)` reads the zeros.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check xarray==2026.9.0 zarr==3.1.6 pandas==3.1.1 numpy==2.4.6
venv/bin/python - <<'PY'
import sys, warnings
import numpy as np, xarray as xr, zarr

warnings.simplefilter("ignore")
seen = {}
for version in (2, 3):
    path = f"v{version}.zarr"
    names = {"attributes": {"_ARRAY_DIMENSIONS": ["row"]}} if version == 2 else {"dimension_names": ["row"]}
    array = zarr.open_group(path, mode="w", zarr_format=version).create_array("n", shape=(3,), dtype="i8", **names)
    array[:] = [0, 1, 2]
    read = [xr.open_zarr(path, consolidated=False, **more)["n"].values for more in ({}, {"mask_and_scale": False})]
    own = zarr.open(path)["n"][:]
    print(f"version {version}: zarr {zarr.__version__} has {own.tolist()}, xarray {xr.__version__} {read[0].tolist()}, and as it is {read[1].tolist()}")
    seen[version] = [values.tolist() == [0, 1, 2] for values in (own, *read)] + [bool(np.isnan(read[0][0]))]
sys.exit(0 if seen == {2: [True, False, True, True], 3: [True, True, True, False]} else 1)
PY
