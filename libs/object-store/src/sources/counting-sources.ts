import type { StorageUse } from "@sluice/telemetry";
import type { ByteRange } from "../object-store.ts";
import type { SourceFile } from "../source.ts";
import { UseCounter } from "../use-counter.ts";

/** Counts what is done with source files, over all of them. */
export class SourceUse {
  readonly #use = new UseCounter();

  /** What was done since the last time. */
  take(): StorageUse[] {
    return this.#use.take();
  }

  /** The same file, counted. Disposing disposes of it. */
  counted(file: SourceFile): SourceFile {
    return new CountedFile(file, this.#use);
  }
}

class CountedFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports: SourceFile["supports"];
  readonly #file: SourceFile;
  readonly #use: UseCounter;

  constructor(file: SourceFile, use: UseCounter) {
    this.path = file.path;
    this.sizeBytes = file.sizeBytes;
    this.version = file.version;
    this.supports = file.supports;
    this.#file = file;
    this.#use = use;
  }

  readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const read = () => this.#file.readInto(position, target, signal);
    return this.#use.count("read", read, (bytes) => bytes);
  }

  read(range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#use.chunks("read", this.#file.read(range, signal));
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#use.count("stat", () => this.#file.check(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }
}
