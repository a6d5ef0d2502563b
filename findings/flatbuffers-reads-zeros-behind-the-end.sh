#!/usr/bin/env bash
# npm flatbuffers 25.9.23: reading behind the end of the bytes gives 0, and a number that is cut off half of itself.
#
# Node's Buffer and DataView throw a RangeError. `ByteBuffer` puts numbers together from bytes that are not there: behind the end
# an int32 and a float64 are 0, of two bytes that are left an int32 is what they make. So a message that was cut off, or
# whose table points outside of it, decodes without an exception into fields that are 0 or absent, as if they had been
# written so; an Arrow file that lost its tail has columns of no rows. Who reads bytes of others checks every place himself.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . flatbuffers@25.9.23 >/dev/null
node - <<'JS'
const { ByteBuffer } = require("flatbuffers");
const { version } = require("flatbuffers/package.json");
const bytes = new Uint8Array([1, 2, 3, 4]);
const read = new ByteBuffer(bytes);
const seen = [read.readInt32(0), read.readInt32(2), read.readInt32(100), read.readFloat64(50)];
let strict = "no exception";
try {
  Buffer.from(bytes).readInt32LE(2);
} catch (error) {
  strict = error.name;
}
console.log(`flatbuffers ${version}: int32 at 0, 2 and 100 of four bytes ${seen.slice(0, 3)}, float64 at 50 ${seen[3]}; Buffer: ${strict}`);
process.exit(String(seen) === "67305985,1027,0,0" && strict === "RangeError" ? 0 : 1);
JS
