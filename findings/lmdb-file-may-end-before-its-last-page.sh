#!/usr/bin/env bash
# LMDB (npm lmdb 3.5.6 and Python's lmdb 1.7.5, which has 0.9.33): a data file may be shorter than its own last page number says.
#
# The root of an LMDB file names the last page in use, so (last page + 1) * page size looks like the least size of a whole file, and
# a shorter one like one that was cut. But a long value that one transaction puts at the end of the file and removes again leaves
# its pages to later transactions without ever writing them, while the number stays. The file is whole: what tells a cut one is a
# page that some record is reached by and that is not there. A check by size refuses a good database, rarely, and after any kill.
#
# Ends with 0 while both do so, with 1 once one has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit lmdb@3.5.6
node --input-type=module - <<'JS'
import { readFileSync } from "node:fs";
import { open } from "lmdb";

const db = open({ path: "npm.mdb", noSubdir: true, encoding: "binary" });
for (let round = 0; round < 4; round++) {
  db.transactionSync(() => db.putSync("a", Buffer.alloc(60_000)));
  db.transactionSync(() => db.removeSync("a"));
}
db.transactionSync(() => {
  db.putSync("b", Buffer.alloc(9_000));
  db.putSync("c", Buffer.alloc(200_000));
  db.removeSync("c");
});
const file = readFileSync("npm.mdb");
// The newer of two roots, on pages 0 and 1: size of a page at 48, last page at 144, transaction at 152.
const pageBytes = file.readUInt32LE(48);
const roots = [0, pageBytes].map((at) => [file.readBigUInt64LE(at + 152), Number(file.readBigUInt64LE(at + 144))]);
const [, lastPage] = roots[0][0] > roots[1][0] ? roots[0] : roots[1];
console.log(`npm: ${file.length} bytes, by its last page ${(lastPage + 1) * pageBytes}`);
process.exitCode = file.length < (lastPage + 1) * pageBytes && db.get("b").length === 9_000 ? 0 : 1;
JS
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check lmdb==1.7.5
venv/bin/python - <<'PY'
import os, sys
import lmdb

env = lmdb.open("python", map_size=1 << 30)

def transact(*steps):
    with env.begin(write=True) as transaction:
        for step, *arguments in steps:
            getattr(transaction, step)(*arguments)

for _ in range(4):
    transact(("put", b"a", bytes(60_000)))
    transact(("delete", b"a"))
transact(("put", b"b", bytes(9_000)), ("put", b"c", bytes(200_000)), ("delete", b"c"))
size = os.path.getsize("python/data.mdb")
said = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
print(f"Python, LMDB {'.'.join(map(str, lmdb.version()))}: {size} bytes, by its last page {said}")
with env.begin() as transaction:
    sys.exit(0 if size < said and len(transaction.get(b"b")) == 9_000 else 1)
PY
