import { ImportError } from "@sluice/errors";
import type { ByteRange, ObjectReads } from "../object-store.ts";
import { changedFile, type FoundFile, type SourceFile } from "../source.ts";
import { CHUNK_BYTES, type ContentPart, cameInParts, chunkKey, partListKey, SINGLE_PART } from "./chunk-layout.ts";

type NamedFile = FoundFile & { readonly path: string };

/** Greatest list of parts: 10,000 of them. */
const MAX_LIST_BYTES = 1 << 20;

/** A stretch of a file that lies in one object. */
interface Stretch {
  readonly key: string;
  /** Half-open, in the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * A file of a volume. What it holds never changes: who replaces a file gives its path another content. One that was replaced
 * or removed stays for a while, and then is gone, which reads tell.
 */
export class ChunkedFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports = { randomAccess: true };
  readonly #store: ObjectReads;
  readonly #content: string;
  readonly #parts: readonly ContentPart[];
  /** Where each part begins in the file. */
  readonly #starts: readonly number[];

  private constructor(store: ObjectReads, { path, key, sizeBytes, version }: NamedFile, parts: readonly ContentPart[]) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.version = version;
    this.#store = store;
    this.#content = key;
    // An empty part holds no byte that could be looked for.
    const filled = parts.filter((part) => part.sizeBytes > 0);
    this.#parts = filled.length > 0 ? filled : parts.slice(0, 1);
    let end = 0;
    this.#starts = this.#parts.map((part) => (end += part.sizeBytes) - part.sizeBytes);
  }

  /** @throws {ImportError} as `SourceFile.readInto` */
  static async open(store: ObjectReads, file: NamedFile): Promise<ChunkedFile> {
    const single = [{ partId: SINGLE_PART, sizeBytes: file.sizeBytes }];
    const parts = cameInParts(file.version)
      ? await explain(file.path, () => readParts(store, partListKey(file.key, file.version)))
      : single;
    const opened = new ChunkedFile(store, file, parts);
    await opened.check();
    return opened;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const end = Math.min(this.sizeBytes, position + target.length);
    for (let at = position; at < end; ) {
      const stretch = this.#stretchAt(at);
      const wanted = target.subarray(at - position, Math.min(stretch.end, end) - position);
      const read = () => this.#store.readInto(stretch.key, at - stretch.start, wanted, signal);
      if ((await explain(this.path, read)) !== wanted.length) throw changedFile(this.path, "it is shorter");
      at += wanted.length;
    }
    return Math.max(0, end - position);
  }

  async *read(range: ByteRange = { start: 0, end: this.sizeBytes }, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const end = Math.min(this.sizeBytes, range.end);
    for (let at = range.start; at < end; ) {
      const stretch = this.#stretchAt(at);
      const until = Math.min(stretch.end, end);
      const within = { start: at - stretch.start, end: until - stretch.start };
      try {
        for await (const bytes of this.#store.read(stretch.key, within, signal)) {
          at += bytes.length;
          yield bytes;
        }
      } catch (error) {
        throw explained(this.path, error);
      }
      if (at !== until) throw changedFile(this.path, "it is shorter");
    }
  }

  /** Contents do not change, so that it is enough to see that this one is there. */
  async check(): Promise<void> {
    const { key } = this.#stretchAt(0);
    if (!(await this.#store.stat(key))) throw gone(this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The object that holds the byte at `position`. */
  #stretchAt(position: number): Stretch {
    let [part, above] = [0, this.#starts.length];
    while (above - part > 1) {
      const middle = (part + above) >> 1;
      if (this.#starts[middle] <= position) part = middle;
      else above = middle;
    }
    const { partId, sizeBytes } = this.#parts[part];
    const chunk = Math.floor((position - this.#starts[part]) / CHUNK_BYTES);
    const start = this.#starts[part] + chunk * CHUNK_BYTES;
    const end = Math.min(start + CHUNK_BYTES, this.#starts[part] + sizeBytes);
    return { key: chunkKey(this.#content, partId, chunk), start, end };
  }
}

async function readParts(store: ObjectReads, listKey: string): Promise<ContentPart[]> {
  const bytes = new Uint8Array(MAX_LIST_BYTES);
  const length = await store.readInto(listKey, 0, bytes);
  const list = JSON.parse(Buffer.from(bytes.buffer, 0, length).toString()) as [string, number][];
  return list.map(([partId, sizeBytes]) => ({ partId, sizeBytes }));
}

async function explain<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw explained(path, error);
  }
}

function explained(path: string, error: unknown): unknown {
  return error instanceof ImportError && error.code === "file_not_found" ? gone(path) : error;
}

function gone(path: string): ImportError {
  return changedFile(path, "it was replaced or removed in its volume");
}
