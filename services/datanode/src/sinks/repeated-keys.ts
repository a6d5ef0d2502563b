import { giveMemory, takeMemory } from "@sluice/async";
import type { Column, InsertBatch } from "@sluice/columns";
import { DistinctSample } from "@sluice/jobs/findings";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { countDistinct } from "./check/hash-values.ts";
import { ConsecutiveKeys } from "./consecutive-keys.ts";

/** Keys that are kept in memory, some 1 MB: of more a sample, which finds what is repeated often and costs next to nothing. */
const KEPT_KEYS = 1 << 16;

/** Which rows have a key that a row before them has. All are imported, as Milvus does it: whoever did not mean it is told. */
export class RepeatedKeys implements Disposable {
  readonly #keyIndex: number;
  readonly #seen: DistinctSample;
  /** Until other keys come, none of its keys is in the sample; undefined afterwards. */
  #consecutive: ConsecutiveKeys | undefined = new ConsecutiveKeys();
  #told = 0;

  constructor(schema: CollectionSchema, keptKeys = KEPT_KEYS) {
    this.#keyIndex = primaryKeyIndex(schema);
    this.#seen = new DistinctSample(keptKeys, { take: takeMemory, give: giveMemory });
  }

  [Symbol.dispose](): void {
    this.#seen.release();
  }

  /** Automatic keys, which are given later, are passed over. */
  add(batch: InsertBatch): void {
    const keys = batch.columns[this.#keyIndex];
    if (!keys || this.#areConsecutive(keys, batch.rowCount)) return;
    for (const { column, rowCount } of this.#consecutive?.columns() ?? []) countDistinct(column, rowCount, this.#seen);
    this.#consecutive = undefined;
    countDistinct(keys, batch.rowCount, this.#seen);
  }

  #areConsecutive(keys: Column, rowCount: number): boolean {
    const isInt64 = keys.kind === "fixed" && keys.width === 8 && !keys.validity;
    return isInt64 && (this.#consecutive?.extend(keys, rowCount) ?? false);
  }

  /** What is to be said of the rows since the last call; undefined where all keys were new. */
  take(): string | undefined {
    const rows = this.#seen.repeats - this.#told;
    this.#told = this.#seen.repeats;
    if (rows === 0) return undefined;
    const count = `${this.#seen.isWhole ? "" : "at least "}${rows} row${rows === 1 ? " has" : "s have"}`;
    return `${count} a primary key that a row before has, and all were imported; the option on_duplicate (first, last, error) keeps one or refuses`;
  }
}
