import { giveMemory, takeMemory } from "@sluice/async";
import type { SourceFile } from "@sluice/object-store";

/** Bytes that are read at once, at most. */
const WINDOW_BYTES = 1 << 20;
/** Parts of a batch that they are, at most. */
const BATCH_PARTS = 4;
/** Of fewer pieces than that nothing is gained. */
const LEAST_PIECES = 4;

/** Bytes to read ahead at a time, of a column with `pieceBytes` of a batch of `batchBytes`; 0 where it is no small part of it. */
export function windowFor(pieceBytes: number, batchBytes: number): number {
  const bytes = Math.min(WINDOW_BYTES, Math.floor(batchBytes / BATCH_PARTS));
  return pieceBytes * LEAST_PIECES <= bytes ? bytes : 0;
}

/**
 * A part of a file that is read from front to back in small pieces, as keys beside vectors are: more at a time, since each read of storage
 * has its price. Calls must not overlap.
 */
export class ReadAhead implements Disposable {
  readonly #source: Pick<SourceFile, "readInto">;
  /** Of the part, in the file. */
  readonly #end: number;
  readonly #memory: Uint8Array<ArrayBuffer>;
  /** What is in memory: so many bytes from here on. */
  #start = 0;
  #filled = 0;

  constructor(source: Pick<SourceFile, "readInto">, start: number, end: number, windowBytes = WINDOW_BYTES) {
    this.#source = source;
    this.#end = end;
    this.#memory = takeMemory(Math.min(windowBytes, end - start));
  }

  /** As `SourceFile.readInto`; nothing behind the part is there. */
  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    let done = 0;
    while (done < target.length) {
      const at = position + done;
      if (!this.#has(at)) await this.#load(at, signal);
      if (!this.#has(at)) break;
      const from = at - this.#start;
      const piece = this.#memory.subarray(from, Math.min(this.#filled, from + target.length - done));
      target.set(piece, done);
      done += piece.length;
    }
    return done;
  }

  [Symbol.dispose](): void {
    giveMemory(this.#memory);
  }

  #has(position: number): boolean {
    return position >= this.#start && position < this.#start + this.#filled;
  }

  async #load(position: number, signal?: AbortSignal): Promise<void> {
    this.#filled = 0;
    const bytes = Math.min(this.#memory.length, this.#end - position);
    if (bytes <= 0) return;
    this.#filled = await this.#source.readInto(position, this.#memory.subarray(0, bytes), signal);
    this.#start = position;
  }
}
