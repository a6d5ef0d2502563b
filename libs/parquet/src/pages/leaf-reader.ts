import type { SourceLocation } from "@sluice/errors";
import type { ByteSource } from "../byte-source.ts";
import { CutShort, damageError } from "../damage.ts";
import type { ChunkInfo } from "../footer/file-layout.ts";
import type { SchemaNode } from "../footer/schema-tree.ts";
import { ChunkBytes } from "./chunk-bytes.ts";
import type { PageBudget } from "./page-budget.ts";
import { PageDecoder } from "./page-decoder.ts";
import { newMemory } from "./page-memory.ts";

/** Headers have some dozen bytes, more with statistics of long texts. */
const FIRST_HEADER_BYTES = 256;
const MAX_HEADER_BYTES = 16 << 20;

/** A leaf column of a file in storage, row group after row group: a few ranges of a chunk are in memory at a time. */
export class LeafReader extends PageDecoder {
  readonly #bytes: ChunkBytes;
  #pageOffset = 0;

  /** @param budget shared by the columns of the file */
  constructor(source: ByteSource, node: SchemaNode, budget: PageBudget, signal: AbortSignal, memory = newMemory) {
    super(node, budget, memory);
    this.#bytes = new ChunkBytes(source, signal, memory);
  }

  /** Starts with the column's chunk of a row group. @param readBytes bytes that are asked of the source at a time */
  async open(chunk: ChunkInfo, readBytes: number): Promise<void> {
    await this.#bytes.settle();
    this.begin(chunk);
    this.#pageOffset = chunk.start;
    this.#bytes.open(chunk.start, chunk.end, readBytes);
  }

  /** Gives its memory back. It may be opened again. */
  async close(): Promise<void> {
    await this.#bytes.close();
    this.release();
  }

  /** Loads the next page unless entries are left. Resolves to false at the end of the chunk. @throws {ImportError} */
  async page(): Promise<boolean> {
    try {
      while (this.left === 0 && this.hasMore) await this.#nextPage();
      return this.left > 0;
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** The place of what is read now, in a file that its reader names. */
  get at(): SourceLocation {
    return { field: this.node.path[0], byteOffset: this.#pageOffset };
  }

  /** Turns damage that a decoder found into an error with its place. */
  explain(error: unknown): unknown {
    return damageError(error, "a page", this.at);
  }

  async #nextPage(): Promise<void> {
    this.#pageOffset = this.#bytes.position;
    await this.#readHeader();
    this.admit();
    const size = this.header.compressedSize;
    // Most pages are there already: an await each would cost more than small pages do.
    if (!this.#bytes.has(size)) await this.#bytes.require(size);
    const page = this.#bytes.buffer.subarray(this.#bytes.at, this.#bytes.at + size);
    this.#bytes.use(size);
    this.load(page);
  }

  async #readHeader(): Promise<void> {
    for (let wanted = FIRST_HEADER_BYTES; ; wanted *= 4) {
      const size = Math.min(wanted, this.#bytes.remaining);
      await this.#bytes.require(size);
      try {
        this.#bytes.use(this.header.decode(this.#bytes.buffer, this.#bytes.at, this.#bytes.at + size));
        return;
      } catch (error) {
        const canGrow = size < this.#bytes.remaining && wanted < MAX_HEADER_BYTES;
        if (!(error instanceof CutShort) || !canGrow) throw error;
      }
    }
  }
}
