/** An integer as two 32-bit halves, in two's complement. One object is used again and again. */
export interface Int64Scan {
  /** Behind the number; on failure the first byte that cannot stand there. */
  end: number;
  lo: number;
  hi: number;
}

/** How a scan ended: a value, no integer at that place, or one beyond int64 (`end` is behind it). */
export type Int64Outcome = "value" | "invalid" | "range";

const TWO_32 = 2 ** 32;
const TWO_31 = 2 ** 31;

/**
 * Reads a JSON integer at `start` into `scan`, exactly: never through a double above 2^53, and without a bigint. A fraction
 * or exponent behind it is for the caller to see (`bytes[scan.end]`).
 */
export function scanInt64(bytes: Uint8Array, start: number, scan: Int64Scan): Int64Outcome {
  const isNegative = bytes[start] === 45;
  const first = isNegative ? start + 1 : start;
  let end = first;
  while ((bytes[end] - 48) >>> 0 <= 9) end++;
  scan.end = end;
  const digits = end - first;
  if (digits === 0) return "invalid";
  if (digits > 1 && bytes[first] === 48) {
    scan.end = first + 1;
    return "invalid";
  }
  if (digits > 19) return "range";
  // value = head * 10^9 + tail, and head is below 10^10.
  const cut = Math.max(first, end - 9);
  const head = decimal(bytes, first, cut);
  const tail = decimal(bytes, cut, end);
  const upper = Math.floor(head / 65536) * 1e9;
  const lower = (upper % 65536) * 65536 + (head % 65536) * 1e9 + tail;
  const hi = Math.floor(upper / 65536) + Math.floor(lower / TWO_32);
  const lo = lower % TWO_32;
  if (hi >= TWO_31 && !(isNegative && hi === TWO_31 && lo === 0)) return "range";
  scan.lo = isNegative ? -lo | 0 : lo | 0;
  scan.hi = isNegative ? (lo === 0 ? -hi : -hi - 1) | 0 : hi;
  return "value";
}

function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) value = value * 10 + (bytes[i] - 48);
  return value;
}
