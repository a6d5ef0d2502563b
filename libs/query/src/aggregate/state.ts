import type { Column, FixedColumn } from "@sluice/columns";

/** Gathers one value for each group. */
export interface Accumulating {
  readonly usedBytes: number;
  /** @param groups of the rows, each below `count` @param column which the rows are rows of; undefined where it is not looked at */
  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void;
  /** The values of `count` groups. @throws {StatusError} 1100 for a sum that is no Int64 */
  column(count: number): Column;
}

/** As many as needed, with those that there are. */
export function roomFor<T extends Float64Array | Uint8Array>(numbers: T, count: number): T {
  if (count <= numbers.length) return numbers;
  const larger = new (numbers.constructor as new (length: number) => T)(Math.max(count, 2 * numbers.length));
  larger.set(numbers as never);
  return larger;
}

/** An integer of each group by its two words, and which groups have one. */
export class WordsByGroup {
  lows = new Float64Array(0);
  highs = new Float64Array(0);
  seen = new Uint8Array(0);

  /** Of all groups that there is room for. */
  get usedBytes(): number {
    return this.lows.byteLength + this.highs.byteLength + this.seen.byteLength;
  }

  /** With room for `count` groups. */
  reserve(count: number): this {
    this.lows = roomFor(this.lows, count);
    this.highs = roomFor(this.highs, count);
    this.seen = roomFor(this.seen, count);
    return this;
  }
}

/** @param seen which groups have a value; absent: all */
export function fixedOf(values: BigInt64Array | Float64Array | Float32Array, seen?: Uint8Array): FixedColumn {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width } = values;
  return { kind: "fixed", width, data: new Uint8Array(buffer, byteOffset, byteLength), validity: seen };
}

/** The numbers of a column of Float or Double. */
export function floatsOf({
  width,
  data: { buffer, byteOffset, byteLength },
}: FixedColumn): Float32Array | Float64Array {
  if (width === 4) return new Float32Array(buffer, byteOffset, byteLength >>> 2);
  return new Float64Array(buffer, byteOffset, byteLength >>> 3);
}
