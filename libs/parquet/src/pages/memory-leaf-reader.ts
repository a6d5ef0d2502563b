import { CutShort } from "../damage.ts";
import type { ChunkInfo } from "../footer/file-layout.ts";
import type { SchemaNode } from "../footer/schema-tree.ts";
import type { PageBudget } from "./page-budget.ts";
import { PageDecoder } from "./page-decoder.ts";

/** A leaf column of a file that is in memory: nothing is awaited, and pages are views of the file. */
export class MemoryLeafReader extends PageDecoder {
  readonly #file: Uint8Array;
  #at = 0;
  #end = 0;
  #pageOffset = 0;

  constructor(file: Uint8Array, node: SchemaNode, budget: PageBudget) {
    super(node, budget);
    this.#file = file;
  }

  /** Starts with the column's chunk of a row group. */
  open(chunk: ChunkInfo): void {
    this.begin(chunk);
    this.#at = this.#pageOffset = chunk.start;
    this.#end = chunk.end;
  }

  /** Loads the next page unless entries are left; false at the end of the chunk. @throws {Damage} */
  page(): boolean {
    while (this.left === 0 && this.hasMore) this.#nextPage();
    return this.left > 0;
  }

  /** Offset in the file of the current page's header. */
  get pageOffset(): number {
    return this.#pageOffset;
  }

  #nextPage(): void {
    this.#pageOffset = this.#at;
    this.#at += this.header.decode(this.#file, this.#at, this.#end);
    this.admit();
    const size = this.header.compressedSize;
    if (size > this.#end - this.#at)
      throw new CutShort(`a column chunk (${this.#end - this.#at} bytes left, ${size} needed)`);
    const page = this.#file.subarray(this.#at, this.#at + size);
    this.#at += size;
    this.load(page);
  }
}
