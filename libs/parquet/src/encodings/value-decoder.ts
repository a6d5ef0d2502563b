import type { BytesSink } from "./bytes-sink.ts";

/** Values of equal width of one page: BOOLEAN as one byte, INT32, INT64, FLOAT, DOUBLE, FIXED_LEN_BYTE_ARRAY. */
export interface FixedDecoder {
  /** Writes the next `count` values to `out` from byte `at` on; `at` is a multiple of the width. @throws {Damage} */
  read(count: number, out: Uint8Array, at: number): void;
}

/** Byte arrays of one page. */
export interface BytesDecoder {
  /** Appends up to `count` values, fewer only when the sink is full, and answers how many. @throws {Damage} */
  read(count: number, sink: BytesSink): number;
}

/** A decoder that goes from page to page. */
export interface Resettable {
  /** Begins the values of another page, `bytes[start, end)`, which are borrowed. @throws {Damage} */
  reset(bytes: Uint8Array, start: number, end: number): void;
}
