import type { ByteRange, SourceFile } from "@sluice/object-store";

/**
 * A file whose first bytes are in memory, since they have told something. Whoever reads it meets them again, but storage does
 * not: a small file is asked for once, and one that is decompressed on the way goes on behind them.
 */
export class PeekedFile implements SourceFile {
  readonly #source: SourceFile;
  /** The first bytes: the whole file when it has no more. */
  readonly head: Uint8Array;
  /** The head is the whole file. */
  readonly #isWhole: boolean;

  private constructor(source: SourceFile, head: Uint8Array, isWhole: boolean) {
    this.#source = source;
    this.head = head;
    this.#isWhole = isWhole;
  }

  /** @param headBytes at most @throws as `SourceFile.readInto` */
  static async open(source: SourceFile, headBytes: number, signal?: AbortSignal): Promise<PeekedFile> {
    const target = new Uint8Array(Math.min(headBytes, source.sizeBytes));
    const length = await source.readInto(0, target, signal);
    return new PeekedFile(source, target.subarray(0, length), length < target.length || length >= source.sizeBytes);
  }

  get path(): string {
    return this.#source.path;
  }

  /** Of what is decompressed on the way, it is not known before its end. */
  get sizeBytes(): number {
    return this.#isWhole ? this.head.length : this.#source.sizeBytes;
  }

  get version(): string {
    return this.#source.version;
  }

  get supports(): SourceFile["supports"] {
    return this.#source.supports;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const known = this.head.subarray(Math.min(position, this.head.length), position + target.length);
    target.set(known);
    if (this.#isWhole || known.length === target.length) return known.length;
    return known.length + (await this.#source.readInto(position + known.length, target.subarray(known.length), signal));
  }

  read(range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#source.read(range, signal);
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#source.check(signal);
  }

  /** What is behind it belongs to whoever opened that. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
