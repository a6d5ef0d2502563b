#!/usr/bin/env bash
# npm lmdb 3.5.6: a disk that takes only a part of a commit is "Input/output error", not "No space left on device".
#
# On a full disk a commit fails with "No space left on device", as one expects. Where some pages are free, yet fewer than the commit
# needs, the system writes what fits and says so; lmdb takes a write that was cut short for a fault of the device. Whoever tells
# a full disk, which will pass, from a broken one by the message has to look at what is left of the disk as well.
#
# Mounts a small file system in memory, for which it wants to be root. Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'umount "$folder/disk" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit lmdb@3.5.6
mkdir disk
mount -t tmpfs -o size=16m tmpfs disk
node --input-type=module - <<'JS'
import { appendFileSync, rmSync, statfsSync } from "node:fs";
import { open } from "lmdb";

// What a commit fails with is a promise of its own, which is rejected before anybody can have asked for it.
process.on("unhandledRejection", () => {});

const db = open({ path: "disk/db", overlappingSync: false, compression: false });
await db.put("first", "value");

/** What a commit of 256 kB says when so many bytes are free. */
async function saidWith(freeBytes) {
  const { bavail, bsize } = statfsSync("disk");
  appendFileSync("disk/ballast", Buffer.alloc(bavail * bsize - freeBytes));
  const said = await db.put(`key ${freeBytes}`, "x".repeat(256 << 10)).then(
    () => "committed",
    async (error) => String(await error.commitError?.catch((reason) => reason.message) ?? error.message),
  );
  rmSync("disk/ballast");
  return said;
}

const none = await saidWith(0);
const some = await saidWith(64 << 10);
console.log(`nothing free: ${none}; 64 kB free: ${some}`);
process.exit(/no space left/i.test(none) && /input\/output/i.test(some) ? 0 : 1);
JS
