import { isAbsolute, resolve as resolvePath } from "node:path";
import { ImportError } from "@sluice/errors";
import { LocalSourceStore } from "./local/local-source-store.ts";
import { isInside } from "./local/source-paths.ts";
import type { ByteRange, ObjectInfo } from "./object-store.ts";
import { type S3SourceOptions, S3SourceStore } from "./s3/s3-source-store.ts";
import { isS3SourceKey } from "./s3/source-paths.ts";
import type { SourceStore } from "./source-store.ts";

/**
 * Objects of S3 and files of import roots. An absolute path inside a root is a file; every other path is tried in S3 first,
 * and below the roots when S3 has no such object.
 */
export class CompositeSourceStore implements SourceStore {
  readonly #s3: S3SourceStore;
  readonly #local: LocalSourceStore;
  /** Absolute. */
  readonly #roots: readonly string[];

  private constructor(s3: S3SourceStore, local: LocalSourceStore, roots: readonly string[]) {
    this.#s3 = s3;
    this.#local = local;
    this.#roots = roots;
  }

  /** @throws as `S3SourceStore.open`, `LocalSourceStore.open` */
  static async open(options: S3SourceOptions, roots: readonly string[]): Promise<CompositeSourceStore> {
    const local = await LocalSourceStore.open({ roots });
    const absolute = roots.map((root) => resolvePath(root));
    return new CompositeSourceStore(await S3SourceStore.open(options), local, absolute);
  }

  async resolve(path: string): Promise<ObjectInfo> {
    const isFile = isAbsolute(path) && this.#roots.some((root) => isInside(root, resolvePath(path)));
    if (isFile) return this.#local.resolve(path);
    try {
      return await this.#s3.resolve(path);
    } catch (error) {
      if (!(error instanceof ImportError) || error.code !== "file_not_found" || path.includes("://")) throw error;
      return await this.#local.resolve(path).catch((localError: unknown) => {
        const isAbsent = localError instanceof ImportError && localError.code !== "object_store_unavailable";
        throw isAbsent ? error : localError;
      });
    }
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    return this.#of(key).stat(key);
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    return this.#of(key).readInto(key, position, target, signal);
  }

  read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#of(key).read(key, range, signal);
  }

  list(prefix: string): AsyncIterable<ObjectInfo> {
    return this.#of(prefix).list(prefix);
  }

  put(key: string): Promise<ObjectInfo> {
    return this.#s3.put(key);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#s3.delete(keys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#s3[Symbol.asyncDispose]();
    await this.#local[Symbol.asyncDispose]();
  }

  #of(key: string): SourceStore {
    return isS3SourceKey(key) ? this.#s3 : this.#local;
  }
}
