#!/usr/bin/env bash
# Node 24.21.0 (npm node@24.21.0): mkdir with `recursive` of a tree that has folders alone fails with ENOTDIR when others remove some.
#
# `mkdir` of node:fs/promises finds a folder there, asks what it is, and when somebody has removed it in between answers "not a directory",
# as if a file stood in the way. ENOENT comes as well. `mkdirSync`, against the same removals by a thread, only ever says ENOENT.
# A program that makes folders anew after ENOENT, and takes ENOTDIR for a name that is a file, so gives up where it had to go on:
# about one in a thousand calls here, where both go as fast as they can.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . node@24.21.0 >/dev/null
cat >race.mjs <<'JS'
import { mkdirSync, rmdirSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { isMainThread, Worker } from "node:worker_threads";

const tree = ["a", "a/b", "a/b/c", "a/b/c/d"];
const leaf = tree.at(-1);
if (!isMainThread)
  for (;;)
    for (const path of tree.toReversed())
      try {
        rmdirSync(path);
      } catch {}
const codes = { mkdir: {}, mkdirSync: {} };
const count = (call, { code }) => (codes[call][code] = (codes[call][code] ?? 0) + 1);
const isOver = (from, ms) => performance.now() - from > ms;
let began = performance.now();
const ends = () => isOver(began, 3000) && (codes.mkdir.ENOTDIR > 0 || isOver(began, 60_000));
const makes = async () => {
  while (!ends()) await mkdir(leaf, { recursive: true }).catch((error) => count("mkdir", error));
};
const removes = async () => {
  while (!ends()) for (const path of tree.toReversed()) await rmdir(path).catch(() => {});
};
await Promise.all([makes(), makes(), makes(), makes(), removes(), removes(), removes(), removes()]);
new Worker(new URL(import.meta.url));
for (began = performance.now(); !isOver(began, 5000); )
  try {
    mkdirSync(leaf, { recursive: true });
  } catch (error) {
    count("mkdirSync", error);
  }
console.log(process.version, "errors where no file ever was:", JSON.stringify(codes));
process.exit(codes.mkdir.ENOTDIR > 0 && !codes.mkdirSync.ENOTDIR ? 0 : 1);
JS
node_modules/.bin/node race.mjs
