import type { ByteRange, SourceFile } from "@sluice/object-store";
import { readChunks } from "./read-chunks.ts";

/** What is made on the way, from its start, once. */
export interface SequentialContent extends AsyncDisposable {
  /** The next bytes, which stay as they are until the ones behind them are asked for; undefined at the end. @throws {ImportError} `malformed_file`; as `SourceFile.read` */
  next(): Promise<Uint8Array | undefined>;
}

/**
 * What is made of a file while it is read, as a file whose reads go on from each other, one at a time. A read before where the
 * last one ended begins anew; how long the content is nobody knows before its end.
 */
export class SequentialFile<C extends SequentialContent = SequentialContent> implements SourceFile {
  readonly path: string;
  readonly sizeBytes = Number.POSITIVE_INFINITY;
  readonly version: string;
  readonly supports = { randomAccess: false };
  readonly #file: SourceFile;
  readonly #open: (signal?: AbortSignal) => C;
  #content: C | undefined;
  /** Behind what was read. */
  #position = 0;
  /** Made and not read yet. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param file what it is made of; belongs to whoever opened it */
  constructor(file: SourceFile, open: (signal?: AbortSignal) => C) {
    this.path = file.path;
    this.version = file.version;
    this.#file = file;
    this.#open = open;
  }

  /** What is being read; undefined before. */
  protected get content(): C | undefined {
    return this.#content;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted();
    if (!this.#content || position < this.#position) await this.#restart(signal);
    while (this.#position < position && (await this.#fill())) this.#advance(position - this.#position);
    let filled = 0;
    while (this.#position === position + filled && filled < target.length && (await this.#fill())) {
      const part = this.#rest.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.#advance(part.length);
    }
    return filled;
  }

  read(
    range: ByteRange = { start: 0, end: Number.POSITIVE_INFINITY },
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return readChunks(this, range, signal);
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#file.check(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#content?.[Symbol.asyncDispose]();
  }

  async #restart(signal?: AbortSignal): Promise<void> {
    await this.#content?.[Symbol.asyncDispose]();
    this.#content = this.#open(signal);
    this.#position = 0;
    this.#rest = new Uint8Array(0);
  }

  /** Whether there is something to read. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#content?.next();
      if (!next) return false;
      this.#rest = next;
    }
    return true;
  }

  #advance(bytes: number): void {
    this.#position += Math.min(bytes, this.#rest.length);
    this.#rest = this.#rest.subarray(bytes);
  }
}
