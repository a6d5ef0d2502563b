import type { SourceFile } from "@sluice/object-store";

/**
 * The bytes of a file in order, with as many of them side by side as whoever reads asks for: a decoder that waits for a whole
 * block first need not stop in the middle of it.
 */
export class ByteFeed implements AsyncDisposable {
  /** Those from `at` to `end` are the next ones; what is behind `end` means nothing. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Moved on by whoever has read. */
  at = 0;
  end = 0;
  readonly #input: AsyncIterator<Uint8Array>;
  /** Where `bytes` begins in the file. */
  #offset = 0;

  constructor(file: Pick<SourceFile, "read">, signal?: AbortSignal) {
    this.#input = file.read(undefined, signal)[Symbol.asyncIterator]();
  }

  /** Where `at` is in the file. */
  get position(): number {
    return this.#offset + this.at;
  }

  /** Whether so many bytes are there now; fewer only at the end of the file. @throws as `SourceFile.read` */
  async has(count: number): Promise<boolean> {
    while (this.end - this.at < count) {
      const { value, done } = await this.#input.next();
      if (done) return false;
      this.#append(value, count);
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.return?.();
  }

  #append(chunk: Uint8Array, wanted: number): void {
    if (this.end + chunk.length > this.bytes.length) this.#makeRoom(chunk.length, wanted);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  #makeRoom(chunkBytes: number, wanted: number): void {
    const left = this.bytes.subarray(this.at, this.end);
    this.#offset += this.at;
    if (left.length + chunkBytes <= this.bytes.length) this.bytes.copyWithin(0, this.at, this.end);
    else {
      // Room for what is waited for twice, so that little is moved.
      this.bytes = new Uint8Array(left.length + chunkBytes + 2 * wanted);
      this.bytes.set(left);
    }
    this.at = 0;
    this.end = left.length;
  }
}
