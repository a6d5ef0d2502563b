import { ImportError } from "@sluice/errors";
import { clipRange } from "../byte-range.ts";
import { checkKey, compareKeys } from "../object-key.ts";
import type { ByteRange, ObjectInfo, ObjectStore } from "../object-store.ts";

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** Small enough that a test object of some kilobytes comes in several chunks. */
const chunkBytes = 1024;

/** Objects in memory, for tests; gone with the process. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, StoredObject>();
  #lastMs = 0;

  async stat(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const object = this.#objects.get(key);
    return object && info(key, object);
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const { bytes } = this.#get(key);
    signal?.throwIfAborted();
    const part = bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { bytes } = this.#get(key);
    const { start, end } = clipRange(range, bytes.length);
    for (let at = start; at < end; at += chunkBytes) {
      signal?.throwIfAborted();
      yield bytes.slice(at, Math.min(at + chunkBytes, end));
    }
  }

  async put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo> {
    checkKey(key);
    await mayAppear?.();
    signal?.throwIfAborted();
    // No two puts at one time: tests tell versions by it.
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    const object = { bytes: new Uint8Array(Buffer.concat(pieces)), modifiedMs: this.#lastMs };
    this.#objects.set(key, object);
    return info(key, object);
  }

  async copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void> {
    await this.put(to, [this.#get(from).bytes], signal, mayAppear);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object) yield info(key, object);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    for (const key of keys) this.#objects.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#objects.clear();
  }

  #get(key: string): StoredObject {
    checkKey(key);
    const object = this.#objects.get(key);
    if (!object) throw new ImportError("file_not_found", `object "${key}" does not exist`);
    return object;
  }
}

function info(key: string, object: StoredObject): ObjectInfo {
  return { key, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs };
}
