#!/usr/bin/env bash
# Node 24.21.0 (npm node@24.21.0): --max-semi-space-size of the command line beats a worker's own maxYoungGenerationSizeMb.
#
# `resourceLimits` of a Worker is the nearer and more exact of the two, and without the flag it holds. With the flag the worker's
# young generation is the flag's, in both directions: a worker that is limited to 6 MB gets 128 MB with 64, one that may have 96 MB
# gets 4 MB with 2. `worker.resourceLimits` goes on to show the limit that does not count. A flag that is meant for the
# main thread so decides about the memory of all threads; `v8.setFlagsFromString("--max-semi-space-size=0")` before
# `new Worker` gives them their own limits back.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . node@24.21.0 >/dev/null
cat >worker.mjs <<'JS'
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const [limit, reset] = process.argv.slice(2);
if (isMainThread) {
  if (reset) setFlagsFromString("--max-semi-space-size=0");
  const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: Number(limit) } });
  worker.on("message", (mib) => console.log(mib));
} else {
  const newSpace = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size;
  let [kept, greatest] = [[], 0];
  for (let round = 0; round < 400; round++) {
    for (let i = 0; i < 20_000; i++) kept.push({ round, i });
    if (round % 40 === 39) kept = [];
    greatest = Math.max(greatest, newSpace());
  }
  parentPort.postMessage(Math.round(greatest / 2 ** 20));
}
JS
node=node_modules/.bin/node
small=$("$node" worker.mjs 6)
small_with_flag=$("$node" --max-semi-space-size=64 worker.mjs 6)
small_with_reset=$("$node" --max-semi-space-size=64 worker.mjs 6 reset)
large=$("$node" worker.mjs 96)
large_with_flag=$("$node" --max-semi-space-size=2 worker.mjs 96)
echo "$("$node" --version): young generation of a worker limited to 6 MB: $small MiB, with --max-semi-space-size=64 $small_with_flag MiB," \
  "with the flag put back $small_with_reset MiB; limited to 96 MB: $large MiB, with --max-semi-space-size=2 $large_with_flag MiB"
((small <= 6 && small_with_flag > 60 && small_with_reset <= 6 && large > 30 && large_with_flag <= 6))
