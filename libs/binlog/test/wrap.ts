import type { DataType } from "@sluice/schema";
import { encodeBinlogHead } from "../src/index.ts";

/** A log around a payload that another writer made. */
export function wrap(payload: Uint8Array, dataType: DataType, eventType: number, version?: string): Buffer {
  const extras = { originalSize: 1, nullable: undefined, version: undefined };
  const descriptor = {
    collectionId: 1n,
    partitionId: 2n,
    segmentId: 3n,
    fieldId: 100n,
    startTimestamp: 1n,
    endTimestamp: 1n,
  };
  const head = Buffer.from(encodeBinlogHead({ ...descriptor, dataType, extras }, eventType, 1n, payload.length));
  const log = Buffer.concat([head, payload]);
  if (!version) return log;
  // Our writer has no word for a version: put it in place of the size, in as many bytes.
  const text = Buffer.from(JSON.stringify({ version }));
  const longer = Buffer.concat([log.subarray(0, 85), text, log.subarray(85 + log.readInt32LE(81))]);
  longer.writeInt32LE(81 + text.length, 13);
  longer.writeInt32LE(text.length, 81);
  return longer;
}
