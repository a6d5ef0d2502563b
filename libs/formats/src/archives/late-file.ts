import type { ByteRange, SourceFile, SourceRef } from "@sluice/object-store";

/**
 * A file that is opened for each read, at the version that was found, and compared with it again behind: of sets of thousands
 * of files a task reads some, each once.
 */
export class LateFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports = { randomAccess: true };
  readonly #open: () => Promise<SourceFile>;

  constructor({ path, sizeBytes, version }: SourceRef, open: () => Promise<SourceFile>) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.version = version;
    this.#open = open;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    await using file = await this.#open();
    const count = await file.readInto(position, target, signal);
    await file.check(signal);
    return count;
  }

  async *read(range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    await using file = await this.#open();
    yield* file.read(range, signal);
    await file.check(signal);
  }

  /** Each read has. */
  async check(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
