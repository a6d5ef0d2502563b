#!/usr/bin/env bash
# npm apache-arrow 21.2.0: a Date in a column of nanoseconds is up to 128 ns off, so that it comes back as the millisecond before.
#
# Dates are milliseconds, and so no digits should be lost in a finer unit. The builder multiplies in floating point, where nanoseconds of
# today have no room (2^60 and more): of .005 s it writes .004999936. Who cuts to micro- or milliseconds, as pyarrow 26.0.1 does
# in a cast, is one short, and the same Date as microseconds or milliseconds does not equal it. apache-arrow itself gives back the number
# that was put in, or one that is .0002 off, since it divides in floating point again: as a Date nothing is to be seen of it.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.2.0
cat >write.mjs <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { Table, TimestampMicrosecond, TimestampNanosecond, tableFromIPC, tableToIPC, vectorFromArray } from "apache-arrow";

const dates = [5, 6, 7, 8].map((ms) => new Date(1_700_000_000_000 + ms));
const table = new Table({
  nanos: vectorFromArray(dates, new TimestampNanosecond()),
  micros: vectorFromArray(dates, new TimestampMicrosecond()),
});
writeFileSync("t.arrow", tableToIPC(table, "file"));
const back = [...tableFromIPC(readFileSync("t.arrow")).getChild("nanos")];
console.log(`apache-arrow ${JSON.parse(readFileSync("node_modules/apache-arrow/package.json", "utf8")).version} reads ${back}`);
JS
node write.mjs
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyarrow==26.0.1
venv/bin/python - <<'PY'
import sys
import pyarrow as pa, pyarrow.compute as pc, pyarrow.ipc as ipc

table = ipc.open_file("t.arrow").read_all()
nanos, micros = (table[name].cast(pa.int64()).to_pylist() for name in ("nanos", "micros"))
cut = pc.cast(table["nanos"], pa.timestamp("ms"), safe=False).cast(pa.int64()).to_pylist()
print(f"nanoseconds {nanos}, microseconds {micros}")
print(f"nanoseconds that pyarrow {pa.__version__} cuts to milliseconds: {cut}")
given = [1_700_000_000_005 + i for i in range(4)]
sys.exit(0 if micros == [ms * 1000 for ms in given] and cut != given and all(0 <= a - b <= 1 for a, b in zip(given, cut)) else 1)
PY
