#!/usr/bin/env bash
# npm csv-stringify 6.9.0: `false` is written as an empty cell, as null is, and `true` as 1.
#
# Other writers of CSV for JavaScript (npm papaparse 5.7.1) write `true` and `false`. Here false, null, undefined and an empty text are one:
# no reader can tell who has said no from whom nobody has asked, and a column that may be null comes back with nulls for all that was
# false. Dates become milliseconds since 1970, without a unit. `cast: { boolean: String }` keeps them apart.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund csv-stringify@6.9.0 papaparse@5.7.1
cat >write.mjs <<'JS'
import { readFileSync } from "node:fs";
import { stringify } from "csv-stringify/sync";
import papaparse from "papaparse";

const rows = [true, false, null].map((isPublic, id) => ({ id, isPublic, at: new Date(1_700_000_000_000) }));
const versionOf = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
const first = stringify(rows).trimEnd().split("\n");
const other = papaparse.unparse(rows, { header: false }).split("\r\n");
const cast = stringify(rows, { cast: { boolean: String } }).trimEnd().split("\n");
console.log(`csv-stringify ${versionOf("csv-stringify")}: ${first.join(" | ")}`);
console.log(`with a cast: ${cast.join(" | ")}`);
console.log(`papaparse ${versionOf("papaparse")}: ${other.join(" | ")}`);
const cells = (lines) => lines.map((line) => line.split(",")[1]).join("|");
const isLost = cells(first) === "1||" && first[0].endsWith(",1700000000000");
process.exit(isLost && cells(other) === "true|false|" && cells(cast) === "true|false|" ? 0 : 1);
JS
node write.mjs
