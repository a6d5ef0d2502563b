import type { FixedColumn } from "@sluice/columns";

/** Keys that are made again at a time. */
const MADE_KEYS = 4096;

/**
 * int64 keys of which each is one more than the key before, as numbers of rows are: they are all different, and the first one and
 * their number say which they are.
 */
export class ConsecutiveKeys {
  #first = 0n;
  #count = 0;

  /** Takes the keys of a column without nulls where they follow those so far; false, without any of them, where they do not. */
  extend({ data }: FixedColumn, rowCount: number): boolean {
    if (rowCount === 0) return true;
    const pairs = new Int32Array(data.buffer, data.byteOffset, 2 * rowCount);
    const first = new DataView(data.buffer, data.byteOffset).getBigInt64(0, true);
    if (this.#count > 0 && first !== this.#first + BigInt(this.#count)) return false;
    if (!ascendByOne(pairs)) return false;
    if (this.#count === 0) this.#first = first;
    this.#count += rowCount;
    return true;
  }

  /** The keys so far, in columns that are valid until the next one is asked for. */
  *columns(): Generator<{ readonly column: FixedColumn; readonly rowCount: number }> {
    const keys = new BigInt64Array(Math.min(MADE_KEYS, this.#count));
    const column: FixedColumn = { kind: "fixed", width: 8, data: new Uint8Array(keys.buffer), validity: undefined };
    for (let from = 0; from < this.#count; from += MADE_KEYS) {
      const rowCount = Math.min(MADE_KEYS, this.#count - from);
      for (let i = 0; i < rowCount; i++) keys[i] = this.#first + BigInt(from + i);
      yield { column, rowCount };
    }
  }
}

/** In halves, of which high ones must be equal: where these change, once in 2^32 keys, keys are taken for others. */
function ascendByOne(pairs: Int32Array): boolean {
  const [low, high] = pairs;
  let differences = 0;
  for (let i = 0, next = low; i < pairs.length; i += 2, next = (next + 1) | 0)
    differences |= (pairs[i] ^ next) | (pairs[i + 1] ^ high);
  return differences === 0 && (low >>> 0) + pairs.length / 2 <= 2 ** 32;
}
