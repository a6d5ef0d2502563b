#!/usr/bin/env bash
# PyPI xarray 2026.9.0 with zarr 3.1.6 and h5netcdf 1.8.2: a column of times has whole numbers of a unit that follows from its values.
#
# `to_zarr` and `to_netcdf` write times as int64 and put unit and beginning into an attribute, `units`, which they choose so that the numbers
# are small: days since the first day, minutes since 5 o'clock, milliseconds since half a second past. So of three parts of one data set
# each has its own, all of them begin with 0, and a reader that goes by the array alone (h5py, zarr, NumPy) gets numbers that look like row
# numbers and can be put together without an error. zarr 3 has a type for times, which xarray does not use.
# `encoding={"time": {"units": "microseconds since 1970-01-01"}}` makes them alike.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check xarray==2026.9.0 zarr==3.1.6 h5netcdf==1.8.2 h5py==3.16.0 pandas==3.1.1 numpy==2.4.6
venv/bin/python - <<'PY'
import sys, warnings
import h5py, numpy as np, xarray as xr, zarr

warnings.simplefilter("ignore")
parts = [["2020-01-01", "2020-01-02"], ["2020-01-03T05:00", "2020-01-03T06:30"], ["2020-02-01T00:00:00.500", "2020-02-02"]]
seen = []
for part in parts:
    data = xr.Dataset({"time": ("row", np.array(part, "M8[ns]"))})
    data.to_netcdf("t.nc", engine="h5netcdf")
    data.to_zarr("t.zarr", mode="w", consolidated=False)
    with h5py.File("t.nc") as file:
        units = file["time"].attrs["units"]
        of_netcdf = file["time"].dtype, file["time"][:].tolist(), units.decode() if isinstance(units, bytes) else units
    array = zarr.open("t.zarr")["time"]
    of_zarr = array.dtype, array[:].tolist(), array.attrs["units"]
    print(f"xarray {xr.__version__}, {part}: zarr has {of_zarr[0]} {of_zarr[1]}, netCDF {of_netcdf[0]} {of_netcdf[1]}, {of_zarr[2]!r}")
    seen.append((of_netcdf == of_zarr, *of_zarr[1:]))
expected = [([0, 1], "days since 2020-01-01"), ([0, 90], "minutes since 2020-01-03 05:00:00"), ([0, 86399500], "milliseconds since 2020-02-01 00:00:00.500")]
is_so = all(same and numbers == want and units.startswith(start) for (same, numbers, units), (want, start) in zip(seen, expected))
sys.exit(0 if is_so else 1)
PY
