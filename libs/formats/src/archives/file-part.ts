import type { ByteRange, SourceFile } from "@sluice/object-store";
import { readChunks } from "../read-chunks.ts";

/** What all views of a file's parts have in common. */
export abstract class View implements SourceFile {
  readonly path: string;
  readonly version: string;
  abstract readonly sizeBytes: number;
  readonly supports: SourceFile["supports"];
  readonly #file: SourceFile;

  /** @param path that messages name */
  constructor(file: SourceFile, path: string) {
    this.#file = file;
    this.path = path;
    this.version = file.version;
    this.supports = file.supports;
  }

  abstract readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;

  read(range: ByteRange = { start: 0, end: this.sizeBytes }, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return readChunks(this, range, signal);
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#file.check(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Some of the bytes of a file, as they lie in it. */
export class FilePart extends View {
  readonly sizeBytes: number;
  readonly #file: SourceFile;
  readonly #start: number;

  /** @param file belongs to whoever opened it */
  constructor(file: SourceFile, path: string, start: number, sizeBytes: number) {
    super(file, path);
    this.sizeBytes = sizeBytes;
    this.#file = file;
    this.#start = start;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    return this.#file.readInto(this.#start + position, target.subarray(0, length), signal);
  }
}
