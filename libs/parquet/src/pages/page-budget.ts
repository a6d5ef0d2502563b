import { TooLarge } from "../damage.ts";
import type { PageHeader } from "./page-header.ts";

/** Greatest page, before and after decompression: it has to be in memory whole. Writers make pages of 1 MiB, DuckDB of 100 MB. */
const MAX_PAGE_BYTES = 256 << 20;
/** A page up to this size may be made of anything; a greater one must not grow more than this many times when inflated. */
const FREELY_INFLATED_BYTES = 64 << 20;
const MAX_INFLATION = 64;
/** For the pages of all columns of a file that are held at a time. */
const DEFAULT_LIMIT_BYTES = 1 << 30;

/**
 * What the pages of one file may hold in memory, counted from their headers before a byte of them is read, inflated or
 * copied: sizes in a file are claims. Shared by the columns of a file; buffers are used again, so that each column counts
 * with its greatest page.
 */
export class PageBudget {
  readonly limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes = DEFAULT_LIMIT_BYTES) {
    this.limitBytes = limitBytes;
  }

  /** @throws {TooLarge} for a page that no column may have */
  check({ compressedSize, uncompressedSize }: PageHeader): void {
    const limit = Math.min(MAX_PAGE_BYTES, this.limitBytes);
    const size = Math.max(compressedSize, uncompressedSize);
    if (size > limit) throw new TooLarge(`a page of ${size} bytes`, limit);
    if (size > FREELY_INFLATED_BYTES && size > compressedSize * MAX_INFLATION)
      throw new TooLarge(`a page of ${size} bytes made of ${compressedSize}`, FREELY_INFLATED_BYTES);
  }

  /** One column's buffers grow from `heldBytes` to `neededBytes`. @throws {TooLarge} when that is more than is left */
  grow(heldBytes: number, neededBytes: number): void {
    const total = this.#heldBytes - heldBytes + neededBytes;
    if (total > this.limitBytes) throw new TooLarge(`the pages in memory take ${total} bytes, which`, this.limitBytes);
    this.#heldBytes = total;
  }
}
