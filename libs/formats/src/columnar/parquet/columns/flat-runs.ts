import type { LeafReader } from "@sluice/parquet";
import { Damage } from "@sluice/parquet";

/** Rows of a leaf that is in no list, within one page: runs of values, and nulls one by one. */
export class FlatRuns {
  readonly #leaf: LeafReader;
  /** Entries known to have values, not yet taken. */
  #ahead = 0;

  constructor(leaf: LeafReader) {
    this.#leaf = leaf;
  }

  /** Values that come next, `limit` at most; 0: a null came, and was taken. The page has entries left. @throws {Damage} */
  next(limit: number): number {
    const leaf = this.#leaf;
    const definitions = leaf.definitions;
    if (!definitions) return Math.min(limit, leaf.left);
    const greatest = leaf.node.definition;
    if (this.#ahead === 0) this.#ahead = definitions.takeEqual(greatest, leaf.left);
    if (this.#ahead > 0) return Math.min(limit, this.#ahead);
    if (definitions.next() > greatest) throw new Damage(`a definition level exceeds ${greatest}`);
    leaf.used(1);
    return 0;
  }

  /** Takes `count` of the values. */
  take(count: number): void {
    if (this.#leaf.definitions) this.#ahead -= count;
    this.#leaf.used(count);
  }

  /** Another row group begins. */
  begin(): void {
    this.#ahead = 0;
  }
}
