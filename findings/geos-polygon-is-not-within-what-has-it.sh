#!/usr/bin/env bash
# shapely 2.2.0 (GEOS 3.14.1): a polygon is said not to be within a MultiPolygon that has it, and to overlap it.
#
# It is so where another polygon of the MultiPolygon touches it with a corner in the middle of an edge, which is valid. `within`, `contains`,
# `covers`, `relate` and prepared geometries agree; `difference` is empty, and where the other one touches at a corner, or not at all, all is
# right.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check shapely==2.2.0
venv/bin/python - <<'PY'
import sys
import shapely
from shapely import from_wkt

print(f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}")
square = from_wkt("POLYGON ((0 0, 1 0, 1 2, 0 2, 0 0))")
found = {}
for name, other in {"in an edge": "(1 1, 2 0, 2 2, 1 1)", "at a corner": "(1 0, 2 0, 2 1, 1 0)", "nowhere": "(2 1, 3 1, 3 2, 2 1)"}.items():
    both = from_wkt(f"MULTIPOLYGON (((0 0, 1 0, 1 2, 0 2, 0 0)), ({other}))")
    found[name] = [bool(one) for one in (both.is_valid, square.within(both), square.overlaps(both), square.difference(both).is_empty)]
    print(f"another one touches it {name}: valid, within, overlaps, nothing is left: {found[name]}, {square.relate(both)}")
right = [True, True, False, True]
is_so = found == {"in an edge": [True, False, True, True], "at a corner": right, "nowhere": right}
sys.exit(0 if is_so else 1)
PY
