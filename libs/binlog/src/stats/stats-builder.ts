import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import type { DataType } from "@sluice/schema";
import { BloomFilter, defaultFalsePositiveRate } from "./bloom-filter.ts";
import { type StagedKeys, stagedKeysOf } from "./staged-keys.ts";
import type { PrimaryKeyStats } from "./stats-log.ts";

/**
 * Collects the statistics of a segment's primary keys while its rows come. The number of keys is only known at the end: they are
 * kept, for a filter that fits, until they take as much memory as one for `capacityKeys`; that one then takes them, and is shrunk at
 * the end. So memory is bounded by 1 MiB or by about 2 to 4 bytes a key of capacity. A filter of the right size is filled three
 * times as fast, too: it stays in the cache.
 */
export class StatsBuilder {
  readonly #fieldId: number;
  readonly #pkType: DataType;
  readonly #rate: number;
  /** Keys that the filter is made for when they turn out to be many. */
  capacityKeys: number;
  #count = 0;
  #staged: StagedKeys | undefined;
  #filter: BloomFilter | undefined;
  #bounds: KeyBounds | undefined;

  constructor(fieldId: number, pkType: DataType, capacityKeys: number, rate = defaultFalsePositiveRate) {
    this.#fieldId = fieldId;
    this.#pkType = pkType;
    this.#rate = rate;
    this.capacityKeys = capacityKeys;
  }

  /** Keys so far, repetitions counted. */
  get keyCount(): number {
    return this.#count;
  }

  /** Adds the first `rowCount` values of the primary key's column; it has no nulls. */
  add(column: Column, rowCount: number): void {
    if (rowCount === 0) return;
    this.#bounds ??= column.kind === "fixed" ? new Int64Bounds() : new TextBounds();
    this.#bounds.add(column, rowCount);
    if (!this.#filter && !this.#stage(column, rowCount)) this.#openFilter(this.#count + rowCount);
    this.#filter?.addColumn(column, rowCount);
    this.#count += rowCount;
  }

  /** @throws {RangeError} when no key was added */
  finish(): PrimaryKeyStats {
    if (!this.#bounds) throw new RangeError("statistics of no keys");
    const bloom = this.#filter?.shrunkFor(this.#count, this.#rate) ?? this.#stagedFilter(this.#count);
    if (bloom !== this.#filter) this.#filter?.release();
    this.#filter = bloom;
    return { fieldId: this.#fieldId, pkType: this.#pkType, ...this.#bounds.result(), bloom };
  }

  /** Gives the memory back of what is not finished. It is not used again. */
  release(): void {
    this.#staged?.release();
    this.#filter?.release();
    this.#staged = this.#filter = undefined;
  }

  /** False when they would take more memory than a filter does. */
  #stage(column: Column, rowCount: number): boolean {
    this.#staged ??= stagedKeysOf(column);
    const filterBytes = BloomFilter.bytesFor(this.capacityKeys, this.#rate);
    return this.#staged.add(column, rowCount, filterBytes);
  }

  #openFilter(keys: number): void {
    this.#filter = this.#stagedFilter(Math.max(keys, this.capacityKeys));
  }

  #stagedFilter(keys: number): BloomFilter {
    const filter = BloomFilter.withCapacity(keys, this.#rate);
    this.#staged?.addTo(filter);
    this.#staged?.release();
    this.#staged = undefined;
    return filter;
  }
}

interface KeyBounds {
  add(column: Column, rowCount: number): void;
  result(): { minPk: bigint | string; maxPk: bigint | string };
}

/** Compares halves: a bigint a key would cost ten times as much. */
class Int64Bounds implements KeyBounds {
  #min: bigint | undefined;
  #max: bigint | undefined;

  add(column: FixedColumn, rowCount: number): void {
    const { data } = column;
    const pairs = new Int32Array(data.buffer, data.byteOffset, 2 * rowCount);
    let least = 0;
    let greatest = 0;
    for (let row = 1; row < rowCount; row++) {
      const high = pairs[2 * row + 1];
      const low = pairs[2 * row] >>> 0;
      const leastHigh = pairs[2 * least + 1];
      const greatestHigh = pairs[2 * greatest + 1];
      if (high < leastHigh || (high === leastHigh && low < pairs[2 * least] >>> 0)) least = row;
      if (high > greatestHigh || (high === greatestHigh && low > pairs[2 * greatest] >>> 0)) greatest = row;
    }
    const values = new BigInt64Array(data.buffer, data.byteOffset, rowCount);
    if (this.#min === undefined || values[least] < this.#min) this.#min = values[least];
    if (this.#max === undefined || values[greatest] > this.#max) this.#max = values[greatest];
  }

  result(): { minPk: bigint; maxPk: bigint } {
    return { minPk: this.#min ?? 0n, maxPk: this.#max ?? 0n };
  }
}

class TextBounds implements KeyBounds {
  #min: Uint8Array | undefined;
  #max: Uint8Array | undefined;

  add(column: VarColumn, rowCount: number): void {
    const { data, offsets } = column;
    let least = 0;
    let greatest = 0;
    for (let row = 1; row < rowCount; row++) {
      if (compareKeys(data, offsets, row, least) < 0) least = row;
      else if (compareKeys(data, offsets, row, greatest) > 0) greatest = row;
    }
    const min = data.subarray(offsets[least], offsets[least + 1]);
    const max = data.subarray(offsets[greatest], offsets[greatest + 1]);
    if (!this.#min || Buffer.compare(min, this.#min) < 0) this.#min = min.slice();
    if (!this.#max || Buffer.compare(max, this.#max) > 0) this.#max = max.slice();
  }

  result(): { minPk: string; maxPk: string } {
    return { minPk: Buffer.from(this.#min ?? []).toString(), maxPk: Buffer.from(this.#max ?? []).toString() };
  }
}

/** Order of the bytes of two rows; the first byte mostly decides. */
function compareKeys(data: Uint8Array, offsets: Uint32Array, a: number, b: number): number {
  const aStart = offsets[a];
  const bStart = offsets[b];
  const aLength = offsets[a + 1] - aStart;
  const bLength = offsets[b + 1] - bStart;
  const common = Math.min(aLength, bLength);
  for (let i = 0; i < common; i++) {
    const difference = data[aStart + i] - data[bStart + i];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
