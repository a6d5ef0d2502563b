#!/usr/bin/env bash
# npm `lmdb` 3.5.6: files that no other LMDB opens.
#
# The npm package carries its own LMDB. A file that it has written looks like one of LMDB 0.9 (same magic), but its version
# is 2 instead of 1 and every page header has 24 bytes instead of 16: 8 bytes of transaction id stand in front of the rest.
# So the magic lies at byte 24 instead of 16, and PyPI's `lmdb` 1.7.5 (LMDB 0.9) raises "File is not an LMDB file" for it.
# Who wants to look into such a state with mdb_stat, Python or Go needs the npm package; who checks such a file himself must
# not take the offsets of LMDB's own description.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund lmdb@3.5.6
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check lmdb==1.7.5
cat >write.cjs <<'JS'
const { open } = require("lmdb");
const db = open({ path: "npm.mdb", noSubdir: true });
db.put("key", "value").then(() => db.close()).then(() => console.log("npm lmdb wrote npm.mdb"));
JS
node write.cjs
venv/bin/python - <<'PY'
import struct, sys, lmdb

def magic_at(path):
    head = open(path, "rb").read(64)
    at = head.index(struct.pack("<I", 0xBEEFC0DE))
    return at, struct.unpack_from("<I", head, at + 4)[0]

with lmdb.open("py.mdb", subdir=False) as env, env.begin(write=True) as txn:
    txn.put(b"key", b"value")
found = {"npm": magic_at("npm.mdb"), "PyPI": magic_at("py.mdb")}
for who, (at, version) in found.items():
    print(f"{who}: magic at byte {at}, version {version}")
try:
    lmdb.open("npm.mdb", subdir=False, readonly=True)
    refused = None
except lmdb.Error as error:
    refused = f"{type(error).__name__}: {error}"
print(f"PyPI lmdb {lmdb.__version__} opens the file of npm lmdb: {refused}")
sys.exit(0 if found == {"npm": (24, 2), "PyPI": (16, 1)} and refused else 1)
PY
