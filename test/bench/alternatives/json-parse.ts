import { createReadStream, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { assignShards, completeBatch } from "@sluice/columns";
import { LocalObjectStore } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import { SegmentWriterSet } from "@sluice/segment";

const BATCH_ROWS = 8192;

/** What one would write first: readline, JSON.parse per line, into the same segments as ours. Milliseconds. */
export async function timeJsonParse(path: string, schema: CollectionSchema, folder: string): Promise<number> {
  const dim = schema.fields[1].dim;
  const startedMs = performance.now();
  await using store = await LocalObjectStore.open({ root: folder });
  let nextId = 10n ** 15n;
  const take = (count: number) => (nextId += BigInt(count)) - BigInt(count);
  const buckets = ["v0", "v1"].map((vchannel) => ({ partitionId: 1n, vchannel }));
  await using writer = SegmentWriterSet.open({
    schema,
    collectionId: 1n,
    newRows: { timestamp: BigInt(Date.now()) << 18n, rowIdBase: 1n },
    store,
    ids: { segments: async (wanted) => wanted.map(() => take(1)), logIds: async (count) => take(count) },
    buckets,
    segmentBytes: 1 << 30,
    flushBytes: 16 << 20,
    workerMemoryBytes: 96 << 20,
    nowMs: Date.now(),
    signal: new AbortController().signal,
  });
  const ids = new BigInt64Array(BATCH_ROWS);
  const vectors = new Float32Array(BATCH_ROWS * dim);
  const bucketOf = new Uint16Array(BATCH_ROWS);
  let rows = 0;
  const flush = async () => {
    const columns = [
      { kind: "fixed" as const, width: 8, data: new Uint8Array(ids.buffer), validity: undefined },
      { kind: "fixed" as const, width: dim * 4, data: new Uint8Array(vectors.buffer), validity: undefined },
    ];
    const batch = completeBatch(schema, { rowCount: rows, columns, sourceBytes: 0 });
    assignShards(schema, batch, 2, bucketOf.subarray(0, rows));
    await writer.append(batch, bucketOf.subarray(0, rows));
    rows = 0;
  };
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })) {
    const row = JSON.parse(line);
    ids[rows] = BigInt(row.id);
    vectors.set(row.vector, rows * dim);
    if (++rows === BATCH_ROWS) await flush();
  }
  if (rows > 0) await flush();
  await writer.seal();
  const ms = performance.now() - startedMs;
  rmSync(folder, { recursive: true, force: true });
  return ms;
}
