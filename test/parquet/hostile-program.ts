// Reads every file of a folder in both uses of Parquet: as an import of one Int64 field `id`, and as the payload of a binlog.
// Prints a JSON line for each: its name, how it ended, how long that took, and how far peak memory (MiB) has risen since the
// start. Run: node --conditions=source --expose-gc test/parquet/hostile-program.ts FOLDER
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeInsertLog, EventType, encodeBinlogHead } from "@sluice/binlog";
import { ImportError } from "@sluice/errors";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readerInput } from "@sluice/formats/testing";
import { openSources } from "@sluice/object-store";
import { DataType } from "@sluice/schema";

const folder = process.argv[2];
const schema = fixtureSchema({ fields: [{ name: "id", type: DataType.Int64, is_primary: true }] }, "main");
await using sources = await openSources([
  { name: "files", isDefault: true, kind: "local", options: { roots: [folder] } },
]);

/** Room for any of the logs, touched: what is measured is what reading them takes besides. */
const room = Buffer.alloc(64 << 20, 1);

function readLog(name: string): Uint8Array {
  const path = join(folder, name);
  const payloadBytes = statSync(path).size;
  const descriptor = { collectionId: 1n, partitionId: 2n, segmentId: 3n, fieldId: 100n, startTimestamp: 1n };
  const extras = { originalSize: 1, nullable: undefined, version: undefined };
  const head = encodeBinlogHead(
    { ...descriptor, endTimestamp: 1n, dataType: DataType.Int64, extras },
    EventType.Insert,
    1n,
    payloadBytes,
  );
  room.set(head);
  const file = openSync(path, "r");
  readSync(file, room, head.length, payloadBytes, 0);
  closeSync(file);
  return room.subarray(0, head.length + payloadBytes);
}

async function imported(name: string): Promise<number> {
  const path = join(folder, name);
  await using source = await sources.open(await sources.find(path));
  await using reader = formatNamed("parquet").open(readerInput(schema, [source]));
  let count = 0;
  for await (const batch of reader.batches({ batchBytes: 8 << 20, signal: new AbortController().signal }))
    count += batch.rowCount;
  return count;
}

async function outcome(
  run: () => Promise<number> | number,
): Promise<{ rows?: number; code?: string; reason?: string }> {
  try {
    return { rows: await run() };
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    return { code: error.code, reason: error.reason };
  }
}

const peakMiB = () => Math.round(process.resourceUsage().maxRSS / 1024);

async function report(use: string, name: string, run: () => Promise<number> | number): Promise<void> {
  const start = performance.now();
  const ended = await outcome(run);
  const ms = Math.round(performance.now() - start);
  console.log(JSON.stringify({ use, name, ...ended, ms, peakMiB: peakMiB() - idle }));
  globalThis.gc?.(); // Each file alone counts, not what others before it left to be collected.
}

const names = readdirSync(folder).sort();
// Compiled code and first allocations belong to no file.
await imported("a file like others");
decodeInsertLog(readLog("a file like others"));
const idle = peakMiB();
for (const name of names) await report("import", name, () => imported(name));
for (const name of names) {
  const log = readLog(name);
  await report("binlog", name, () => decodeInsertLog(log).rowCount);
}
