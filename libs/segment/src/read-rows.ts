import { forEachConcurrent } from "@sluice/async";
import type { ObjectReads } from "@sluice/object-store";
import { readInto } from "./read-segment.ts";
import { insertLogKey } from "./segment-keys.ts";
import type { SegmentLogs } from "./segment-logs.ts";

/** Bytes between two rows that are read along: a read costs about as much. */
const MAX_GAP_BYTES = 16 << 10;
const MAX_READ_BYTES = 1 << 20;
const READS_AT_ONCE = 16;

/** Where the values of a field lie in the one log that it has, side by side. */
export interface PlainValues {
  readonly fieldId: number;
  /** Bytes of a value. */
  readonly width: number;
  /** Byte of the log where the first one begins. */
  readonly at: number;
}

/** Places in a list of rows, from `first` to `end`, exclusive, which are read at once. */
interface Stretch {
  readonly first: number;
  readonly end: number;
}

/**
 * The values of some rows, without the rest of the log: `width` bytes each, in memory of their own.
 * @param rows ascending @throws as `readSegmentField`
 */
export async function readPlainRows(
  store: ObjectReads,
  segment: SegmentLogs,
  { fieldId, width, at }: PlainValues,
  rows: Uint32Array,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const [logId] = segment.insertLogs.find((logs) => logs.fieldId === fieldId)?.logIds ?? [];
  const key = insertLogKey(segment, fieldId, logId);
  const values = new Uint8Array(rows.length * width);
  await forEachConcurrent(stretches(rows, width), READS_AT_ONCE, async ({ first, end }) => {
    const from = rows[first];
    const count = rows[end - 1] + 1 - from;
    const isWhole = count === end - first;
    const bytes = isWhole ? values.subarray(first * width, end * width) : new Uint8Array(count * width);
    await readInto(store, key, at + from * width, bytes, signal);
    if (isWhole) return;
    for (let i = first; i < end; i++)
      values.set(bytes.subarray((rows[i] - from) * width, (rows[i] - from + 1) * width), i * width);
  });
  return values;
}

function* stretches(rows: Uint32Array, width: number): Generator<Stretch> {
  const isNear = (row: number, other: number, bytes: number) => (row - other) * width <= bytes;
  for (let first = 0, end = 0; first < rows.length; first = end) {
    do end++;
    while (
      end < rows.length &&
      isNear(rows[end], rows[end - 1] + 1, MAX_GAP_BYTES) &&
      isNear(rows[end] + 1, rows[first], MAX_READ_BYTES)
    );
    yield { first, end };
  }
}
