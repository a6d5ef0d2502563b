import { ImportError } from "@sluice/errors";
import type { ByteRange, ObjectInfo, ObjectStore } from "../object-store.ts";
import type { SourceStore } from "../source-store.ts";

/** Objects of any store as sources of imports, a path being a key with or without a leading slash: for tests in memory. */
export class StoreSourceStore implements SourceStore {
  readonly #inner: ObjectStore;

  constructor(inner: ObjectStore) {
    this.#inner = inner;
  }

  async resolve(path: string): Promise<ObjectInfo> {
    const info = await this.#inner.stat(path.replace(/^\/+/, ""));
    if (!info) throw new ImportError("file_not_found", "the file does not exist", { file: path });
    return info;
  }

  stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#inner.stat(key);
  }

  readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    return this.#inner.readInto(key, position, target, signal);
  }

  read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#inner.read(key, range, signal);
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#inner.list(prefix);
  }

  async put(key: string): Promise<ObjectInfo> {
    throw new ImportError("unsupported", "sources of imports are only read, never written", { file: key });
  }

  async delete(keys: readonly string[]): Promise<void> {
    throw new ImportError("unsupported", "sources of imports are only read, never deleted", { file: keys[0] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}
