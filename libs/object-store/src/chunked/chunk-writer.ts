import { giveMemory, type Slots, takeMemory } from "@sluice/async";
import type { ObjectStore } from "../object-store.ts";
import { CHUNK_BYTES, type ContentPart, chunkKey, partListKey } from "./chunk-layout.ts";

/** Writes of one part under way at a time: one is written while the next is read. */
const PARALLEL_WRITES = 2;

/** Where one part of a content goes, and what it may hold meanwhile. */
export interface WritePart {
  readonly store: ObjectStore;
  /** See `contentKey`. */
  readonly content: string;
  readonly partId: string;
  /** One for each chunk that all writers together may hold; see `CHUNK_BYTES`. */
  readonly memory: Slots;
  readonly signal: AbortSignal;
}

/**
 * Writes bytes as they come, in chunks, each of which is an object of its own. Resolves to their number when all are durable.
 * The body is read no faster than the store writes, and a chunk is begun when there is memory for it.
 * @throws what the body or the store throws, with chunks left behind; no write is under way then
 */
export async function writePart(body: AsyncIterable<Uint8Array>, options: WritePart): Promise<number> {
  const chunks = new ChunkWrites(options);
  try {
    for await (const piece of body) await chunks.add(piece);
    return await chunks.finish();
  } finally {
    await chunks.settle();
  }
}

/** Writes the list of the parts of a content, in their order. @param version see `partListKey` */
export async function writePartList(
  store: ObjectStore,
  content: string,
  version: string,
  parts: readonly ContentPart[],
): Promise<void> {
  const list = JSON.stringify(parts.map(({ partId, sizeBytes }) => [partId, sizeBytes]));
  await store.put(partListKey(content, version), [Buffer.from(list)]);
}

/** The chunk that is filled, and those that are being written. */
class ChunkWrites {
  readonly #options: WritePart;
  readonly #writes = new Set<Promise<unknown>>();
  #filling: { readonly bytes: Uint8Array<ArrayBuffer>; readonly slot: Disposable } | undefined;
  #filledBytes = 0;
  #chunk = 0;
  #totalBytes = 0;

  constructor(options: WritePart) {
    this.#options = options;
  }

  /**
   * Copied: of TLS come pieces of 16 KB, five hundred a chunk. Kept as they are they grow old, and cost more to collect than
   * to copy; and stores send one piece at once.
   */
  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const { bytes } = (this.#filling ??= await this.#take());
      const part = piece.subarray(at, at + CHUNK_BYTES - this.#filledBytes);
      bytes.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      this.#totalBytes += part.length;
      at += part.length;
      if (this.#filledBytes === CHUNK_BYTES) await this.#flush();
    }
  }

  /** An empty part has one chunk, too: whatever is stored can be looked for. */
  async finish(): Promise<number> {
    if (this.#filledBytes > 0 || this.#chunk === 0) await this.#flush();
    await Promise.all(this.#writes);
    return this.#totalBytes;
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.#writes);
    if (this.#filling) give(this.#filling);
    this.#filling = undefined;
  }

  async #take() {
    const slot = await this.#options.memory.take();
    return { bytes: takeMemory(CHUNK_BYTES), slot };
  }

  async #flush(): Promise<void> {
    const { store, content, partId, signal } = this.#options;
    const filled = this.#filling;
    const pieces = filled ? [filled.bytes.subarray(0, this.#filledBytes)] : [];
    [this.#filledBytes, this.#filling] = [0, undefined];
    const write = store
      .put(chunkKey(content, partId, this.#chunk++), pieces, signal)
      .finally(() => filled && give(filled));
    const done = write.then(() => void this.#writes.delete(done));
    done.catch(() => undefined); // `finish` or the next look at it tells.
    this.#writes.add(done);
    if (this.#writes.size >= PARALLEL_WRITES) await Promise.race(this.#writes);
  }
}

function give({ bytes, slot }: { readonly bytes: Uint8Array<ArrayBuffer>; readonly slot: Disposable }): void {
  giveMemory(bytes);
  slot[Symbol.dispose]();
}
