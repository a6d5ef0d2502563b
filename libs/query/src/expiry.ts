import type { Column } from "@sluice/columns";
import { composeTso } from "@sluice/schema";

// When rows expire, alike for whoever reads them.

/** Rows that count from this hybrid timestamp on, or from an earlier one, have expired at `timestamp`; 0 = none has. */
export function expiredBefore(timestamp: bigint, ttlSeconds: number): bigint {
  return ttlSeconds > 0 ? timestamp - composeTso(ttlSeconds * 1000) : 0n;
}

/** Those of `rows` that count from after `limit` on. @param timestamps since when each row of the column counts */
export function rowsAfter(limit: bigint, timestamps: Column, rows: Uint32Array): Uint32Array {
  const { data } = timestamps;
  const values = new BigInt64Array(data.buffer, data.byteOffset, data.byteLength >>> 3);
  return rows.filter((row) => values[row] > limit);
}

/** The expression that rows pass at a time, Unix milliseconds, by a field of times of their own: without one they stay for ever. */
export function aliveText(field: string, atMs: number): string {
  return `${field} is null or ${field} > ISO '${new Date(atMs).toISOString()}'`;
}
