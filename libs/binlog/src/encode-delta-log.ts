import type { VarColumn } from "@sluice/columns";
import { composeTso, DataType } from "@sluice/schema";
import { encodeBinlogHead } from "./binlog-head.ts";
import { type BinlogDescriptor, EventType } from "./envelope.ts";
import { writePayload } from "./payload/payload-writer.ts";

/** Deletes of rows of one segment, to become a delta log. */
export interface DeltaLogOptions {
  readonly collectionId: bigint;
  readonly partitionId: bigint;
  readonly segmentId: bigint;
  /** At least one; bigint for Int64, text for VarChar. */
  readonly primaryKeys: readonly (bigint | string)[];
  /** Hybrid, one for each key. */
  readonly timestamps: readonly bigint[];
  /** Wall clock of the event headers; nobody reads it. */
  readonly nowMs: number;
}

/** A delta log of JSON rows, which all servers read. Source: binlog format, §5. @throws {RangeError} for no deletes */
export function encodeDeltaLog({ primaryKeys, timestamps, nowMs, ...place }: DeltaLogOptions): Uint8Array[] {
  if (primaryKeys.length === 0) throw new RangeError("delta log without deletes: expected at least one");
  const rows = primaryKeys.map((pk, i) => encodeDelete(pk, timestamps[i]));
  const column = textColumn(rows);
  const [first, last] = [timestamps.reduce(least), timestamps.reduce(greatest)];
  const rowCount = rows.length;
  const payload = writePayload({ dataType: DataType.String, dim: 0, isOptional: false, column, rowCount });
  const payloadBytes = payload.reduce((sum, piece) => sum + piece.length, 0);
  const descriptor: BinlogDescriptor = {
    ...{ ...place, fieldId: -1n, startTimestamp: first, endTimestamp: last, dataType: DataType.String },
    extras: { originalSize: column.data.length, nullable: undefined, version: undefined },
  };
  return [encodeBinlogHead(descriptor, EventType.Delete, composeTso(nowMs), payloadBytes), ...payload];
}

const least = (a: bigint, b: bigint) => (b < a ? b : a);
const greatest = (a: bigint, b: bigint) => (b > a ? b : a);

function encodeDelete(pk: bigint | string, timestamp: bigint): string {
  if (typeof pk === "bigint") return `{"pk":${pk},"ts":${timestamp},"pkType":${DataType.Int64}}`;
  return `{"pk":${JSON.stringify(pk)},"ts":${timestamp},"pkType":${DataType.VarChar}}`;
}

function textColumn(texts: readonly string[]): VarColumn {
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(text);
  return { kind: "var", offsets, data: Buffer.from(texts.join("")), validity: undefined };
}
