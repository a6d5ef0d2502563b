import { locate } from "@sluice/errors";
import type { ByteRange, ObjectInfo, ObjectReads } from "../object-store.ts";
import { openSources } from "../open-storages.ts";
import {
  changedFile,
  type FoundFile,
  folderOf,
  type ListedFile,
  type ListOptions,
  refuseFolder,
  refusePath,
  type Source,
  type SourceFile,
} from "../source.ts";
import { Sources } from "../sources/sources.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

/** Objects of any store as sources of imports, a path being a key with or without a leading slash. */
export class ObjectSource implements Source {
  readonly allows = "keys of the store";
  readonly where = "in the store";
  readonly #store: ObjectReads;

  constructor(store: ObjectReads) {
    this.#store = store;
  }

  claim(): undefined {
    return undefined;
  }

  async find(path: string): Promise<FoundFile | undefined> {
    const key = path.replace(/^\/+/, "");
    if (key.endsWith("/")) throw refuseFolder(path);
    const isKey = key !== "" && !key.includes("\0") && key.split("/").every((part) => !["", ".", ".."].includes(part));
    if (!isKey) throw refusePath(path, "is not a file path");
    const info = await this.#store.stat(key);
    if (info) return found(info);
    for await (const _ of this.#store.list(`${key}/`)) throw refuseFolder(path);
    return undefined;
  }

  async open(file: FoundFile & { readonly path: string }): Promise<SourceFile> {
    const opened = new ObjectFile(this.#store, file);
    await opened.check();
    return opened;
  }

  async *list(prefix: string, { deep = true, accepts }: ListOptions = {}): AsyncGenerator<ListedFile> {
    const plain = prefix.replace(/^\/+/, "");
    if (plain.split("/").includes("..")) throw refusePath(prefix, "is not a file path");
    for await (const info of this.#store.list(plain)) {
      const below = info.key.slice(folderOf(plain).length);
      const isWanted = (deep || !info.key.slice(plain.length).includes("/")) && accepts?.(below) !== false;
      if (isWanted) yield { ...found(info), below };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function found({ key, sizeBytes, modifiedMs }: ObjectInfo): FoundFile {
  return { key, sizeBytes, version: `${modifiedMs}` };
}

/** One object as a file. Its reads are the store's, so that a faulty store makes a faulty file. */
class ObjectFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports = { randomAccess: true };
  readonly #store: ObjectReads;
  readonly #key: string;

  constructor(store: ObjectReads, { path, key, sizeBytes, version }: FoundFile & { readonly path: string }) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.version = version;
    this.#store = store;
    this.#key = key;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    try {
      return await this.#store.readInto(this.#key, position, target, signal);
    } catch (error) {
      throw locate(error, { file: this.path });
    }
  }

  async *read(range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#store.read(this.#key, range, signal);
    } catch (error) {
      throw locate(error, { file: this.path });
    }
  }

  async check(): Promise<void> {
    const info = await this.#store.stat(this.#key);
    if (!info) return;
    if (info.sizeBytes !== this.sizeBytes)
      throw changedFile(this.path, `expected ${this.sizeBytes} bytes, found ${info.sizeBytes}`);
    if (`${info.modifiedMs}` !== this.version) throw changedFile(this.path, "another object has its key");
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A store as the only source. */
export function sourcesOf(store: ObjectReads): Sources {
  return new Sources([{ name: "memory", isDefault: true, source: new ObjectSource(store) }]);
}

/** An object of a store as a file, as it is now. @throws {ImportError} `file_not_found` */
export async function sourceFile(store: ObjectReads, key: string, path = key): Promise<SourceFile> {
  const sources = sourcesOf(store);
  return sources.open({ ...(await sources.find(key)), path });
}

/** A file of these bytes, in memory. */
export async function memoryFile(path: string, bytes: Uint8Array): Promise<SourceFile> {
  const store = new MemoryObjectStore();
  await store.put("file", [bytes]);
  return sourceFile(store, "file", path);
}

/** The same file, whose bytes come from a store by the file's path: one that fails, or looks on. */
export function readBy(store: ObjectReads, file: SourceFile): SourceFile {
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    version: file.version,
    supports: file.supports,
    readInto: (position, target, signal) => store.readInto(file.path, position, target, signal),
    read: (range, signal) => store.read(file.path, range, signal),
    check: (signal) => file.check(signal),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** The files of folders, a path being absolute or below one of them. */
export function folderSources(...roots: readonly string[]): Promise<Sources> {
  return openSources([{ name: "folders", isDefault: true, kind: "local", options: { roots } }]);
}
