import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { ByteSource } from "@sluice/parquet";

/** A file that is in memory. */
export class MemoryBytes implements ByteSource {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.sizeBytes = bytes.length;
    this.#bytes = bytes;
  }

  /** @throws {ImportError} `malformed_file` when it has become shorter */
  static async of(source: SourceFile, signal: AbortSignal): Promise<MemoryBytes> {
    const bytes = new Uint8Array(source.sizeBytes);
    const count = await source.readInto(0, bytes, signal);
    if (count < bytes.length)
      throw new ImportError(
        "malformed_file",
        `the file ends at byte ${count}, expected ${bytes.length}: it was replaced`,
      );
    return new MemoryBytes(bytes);
  }

  async readInto(start: number, target: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(start, start + target.length);
    target.set(part);
    return part.length;
  }
}

/** A part of a file as a file of its own. */
export class FileSlice implements ByteSource {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, sizeBytes: number) {
    this.#source = source;
    this.#start = start;
    this.sizeBytes = sizeBytes;
  }

  readInto(start: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - start));
    return this.#source.readInto(this.#start + start, target.subarray(0, length), signal);
  }
}
