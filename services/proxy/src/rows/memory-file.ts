import type { ByteRange, SourceFile } from "@sluice/object-store";

/** Bytes that are in memory already, for readers of files. */
export class MemoryFile implements SourceFile {
  readonly path: string;
  readonly version = "";
  readonly supports = { randomAccess: true };
  readonly #bytes: Uint8Array;

  /** @param path for errors */
  constructor(path: string, bytes: Uint8Array) {
    this.path = path;
    this.#bytes = bytes;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  async readInto(position: number, target: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  async *read({ start, end }: ByteRange = { start: 0, end: this.#bytes.length }): AsyncGenerator<Uint8Array> {
    yield this.#bytes.subarray(start, end);
  }

  async check(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
