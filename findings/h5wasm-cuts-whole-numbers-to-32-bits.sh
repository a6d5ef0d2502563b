#!/usr/bin/env bash
# npm h5wasm 0.10.3: a list of whole numbers is written as 32 bits, and larger ones as others, without an exception.
#
# `create_dataset({ name, data: [...] })` guesses the type from the numbers. Is one of them no integer, they are float64, as numbers of
# JavaScript are. Are all of them integers, they are int32, whatever their size: 3000000000 becomes -1294967296, and milliseconds of today
# some other time. So a column of ids or times is right or wrong by its values, and one half among them mends all of it. A typed array
# (`BigInt64Array`, `Float64Array`) is written as what it is.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund h5wasm@0.10.3
cat >write.mjs <<'JS'
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";

await h5wasm.ready;
const { version } = JSON.parse(readFileSync("node_modules/h5wasm/package.json", "utf8"));
const data = [7, 3_000_000_000, 1_700_000_000_000];
const given = { whole: data, beside_a_half: [...data, 0.5], typed: new BigInt64Array(data.map(BigInt)) };
const file = new h5wasm.File("t.h5", "w");
for (const [name, data] of Object.entries(given)) file.create_dataset({ name, data });
file.close();
const back = new h5wasm.File("t.h5", "r");
console.log(`h5wasm ${version} is given ${data}`);
for (const name of Object.keys(given)) console.log(`${name}: ${back.get(name).dtype} ${back.get(name).value}`);
const text = (name) => `${back.get(name).dtype} ${back.get(name).value}`;
const isCut = text("whole") === "<i 7,-1294967296,-807049216" || text("whole") === "<i4 7,-1294967296,-807049216";
const isKept = text("beside_a_half").endsWith(` ${data},0.5`) && text("typed").endsWith(` ${data}`);
process.exit(isCut && isKept ? 0 : 1);
JS
node write.mjs
