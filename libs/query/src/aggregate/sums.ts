import { type Column, type FixedColumn, isNull } from "@sluice/columns";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { wordsOf } from "./group-keys.ts";
import { type Accumulating, fixedOf, floatsOf, roomFor, WordsByGroup } from "./state.ts";

/** Of Float and Double, as Double. A group of nulls alone has none. */
export class FloatSum implements Accumulating {
  #sums = new Float64Array(0);
  #seen = new Uint8Array(0);

  get usedBytes(): number {
    return this.#sums.byteLength + this.#seen.byteLength;
  }

  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void {
    this.#sums = roomFor(this.#sums, count);
    this.#seen = roomFor(this.#seen, count);
    const values = floatsOf(column as FixedColumn);
    for (let i = 0; i < groups.length; i++) {
      if (isNull(column as Column, rows[i])) continue;
      this.#sums[groups[i]] += values[rows[i]];
      this.#seen[groups[i]] = 1;
    }
  }

  column(count: number): Column {
    return fixedOf(roomFor(this.#sums, count).slice(0, count), roomFor(this.#seen, count).slice(0, count));
  }
}

const WORD = 2 ** 32;
/** Rows whose words are added up before what is more than a word is carried: far below 2^53 / 2^32. */
const ROWS_TO_CARRY = 2 ** 20;

/** The words of a column's integers, int32. */
type Words = ReturnType<typeof wordsOf>;

/** Which part of an integer is added up. */
export const integerParts = {
  whole: wordsOf,
  low: (column: FixedColumn): Words => ({ low: wordsOf(column).low, high: () => 0 }),
  high: (column: FixedColumn): Words => {
    const { high } = wordsOf(column);
    return { low: high, high: (row) => high(row) >> 31 };
  },
};

/** Exact, by the two words of each value: sums of so many rows are whole numbers that a double holds. */
export class IntegerSum implements Accumulating {
  readonly #name: string;
  readonly #wordsOf: (column: FixedColumn) => Words;
  readonly #sums = new WordsByGroup();
  #rowsToCarry = ROWS_TO_CARRY;

  constructor(name: string, words: (column: FixedColumn) => Words) {
    this.#name = name;
    this.#wordsOf = words;
  }

  get usedBytes(): number {
    return this.#sums.usedBytes;
  }

  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void {
    const { lows, highs, seen } = this.#sums.reserve(count);
    const { low, high } = this.#wordsOf(column as FixedColumn);
    for (let i = 0; i < groups.length; i++) {
      if (isNull(column as Column, rows[i])) continue;
      lows[groups[i]] += low(rows[i]) >>> 0;
      highs[groups[i]] += high(rows[i]);
      seen[groups[i]] = 1;
    }
    this.#rowsToCarry -= groups.length;
    if (this.#rowsToCarry < 0) this.#carry();
  }

  #carry(): void {
    const { lows, highs } = this.#sums;
    for (let group = 0; group < lows.length; group++) {
      const carried = Math.floor(lows[group] / WORD);
      lows[group] -= carried * WORD;
      highs[group] += carried;
    }
    this.#rowsToCarry = ROWS_TO_CARRY;
  }

  /** @throws {StatusError} 1100 where a sum is no Int64: of more than 2^31 rows */
  column(count: number): Column {
    this.#carry();
    const { lows, highs, seen } = this.#sums.reserve(count);
    const words = new Int32Array(2 * count);
    for (let group = 0; group < count; group++) {
      if (highs[group] < -(2 ** 31) || highs[group] >= 2 ** 31) refuseSum(this.#name);
      words[2 * group] = lows[group];
      words[2 * group + 1] = highs[group];
    }
    return fixedOf(new BigInt64Array(words.buffer), seen.slice(0, count));
  }
}

/** Counts of parts, together: of nothing there is one, 0. */
export class CountSum extends IntegerSum {
  constructor() {
    super("count", integerParts.whole);
  }

  override column(count: number): Column {
    return { ...super.column(count), validity: undefined };
  }
}

/** @throws {StatusError} 1100 */
export function refuseSum(name: string): never {
  throw new StatusError(
    statusCodes.invalidParameter,
    `the sum of field ${excerpt(name)} is no Int64: sum fewer rows at a time, by a filter or by groups: invalid parameter`,
  );
}
