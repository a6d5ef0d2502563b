import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { CollectionSchema } from "@sluice/schema";
import { SegmentRows } from "./segment-rows.ts";

/** What one would write first: readline, JSON.parse per line, into the same segments as ours. Milliseconds. */
export async function timeJsonParse(path: string, schema: CollectionSchema, folder: string): Promise<number> {
  const startedMs = performance.now();
  await using segments = await SegmentRows.open(schema, folder);
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })) {
    const { id, vector } = JSON.parse(line);
    if (segments.add(BigInt(id), vector)) await segments.flush();
  }
  await segments.seal();
  return performance.now() - startedMs;
}
