import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalObjectStore, openSources } from "@sluice/object-store";

// Run with few files allowed: takes them all, lets go of some a little later, and reads and writes meanwhile.

const [folder] = process.argv.slice(2);
await writeFile(join(folder, "rows.jsonl"), "{}\n");
await using sources = await openSources([
  { name: "files", isDefault: true, kind: "local", options: { roots: [folder] } },
]);
await using store = await LocalObjectStore.open({ root: join(folder, "store") });
const ref = await sources.find("rows.jsonl");

const taken: number[] = [];
try {
  for (;;) taken.push(openSync(join(folder, "rows.jsonl"), "r"));
} catch (error) {
  console.log((error as NodeJS.ErrnoException).code);
}
let areFree = false;
const freeing = sleep(300).then(() => {
  areFree = true;
  for (const fd of taken.splice(0)) closeSync(fd);
});
const read = async () => {
  await using file = await sources.open(ref);
  return Buffer.concat(await Array.fromAsync(file.read())).toString();
};
const [text, { sizeBytes }] = await Promise.all([read(), store.put("k", [new Uint8Array(2 << 20)]), freeing]);
console.log(JSON.stringify({ areFree, text, sizeBytes, again: await store.readInto("k", 0, new Uint8Array(9)) }));
