import { forEachConcurrent } from "@sluice/async";
import { checkKey } from "../object-key.ts";
import type { ByteRange, ObjectInfo, ObjectStore } from "../object-store.ts";
import { infoBelow, S3Bucket } from "./s3-bucket.ts";
import { deleteFailure, failureOf, type S3Operation } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";
import { readS3Chunks, readS3Into, type S3Read } from "./s3-reads.ts";
import { abortUploads, copyS3Object, tryToWrite, writeS3Object } from "./s3-writes.ts";

/** The most keys that one call deletes. */
const batchKeys = 1000;
/** Such calls at once. */
const parallelBatches = 2;
/** Where no object is, to try rights on. */
const PROBE_KEY = "readiness";

/**
 * Objects below a folder of an S3 bucket, of AWS or any server that speaks its protocol. Many processes may share it.
 *
 * Calls are tried again after failures that pass, until `patienceMs` brought no progress; reads go on at their offset.
 * What is written carries a checksum that the server verifies, for each part of a large object. The times of objects are
 * the server's, in seconds; that of a `put` is this machine's.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #bucket: S3Bucket;
  /** With a slash at the end, or "". */
  readonly #folder: string;

  private constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
    this.#folder = bucket.options.prefix === "" ? "" : `${bucket.options.prefix}/`;
  }

  /** Calls nobody yet; `check` does. @throws {Error} for options that cannot be */
  static async open(options: S3Options): Promise<S3ObjectStore> {
    return new S3ObjectStore(await S3Bucket.open(options));
  }

  /**
   * Tells whether the bucket can be used, waiting as other calls for a server that is down. Wrong credentials, a missing
   * bucket, a wrong region, an untrusted certificate and a missing right fail at once. Rights are tried on a key where nothing
   * ever is: writing by an upload that is begun and given up, so that nobody's listing shows it and no death leaves it behind.
   * @throws {ImportError} as `stat`
   */
  async check(signal?: AbortSignal, { writes = false } = {}): Promise<void> {
    await this.#bucket.check(signal);
    const key = `${this.#folder}${PROBE_KEY}`;
    await this.#bucket.head(key, signal);
    if (!writes) return;
    await tryToWrite(this.#bucket, key, signal);
    await this.#deleteBatch([key], this.#bucket.signal(signal));
  }

  /** Creates the bucket when it is missing. @throws {ImportError} as `stat` */
  async createBucket(signal?: AbortSignal): Promise<void> {
    const { api, options } = this.#bucket;
    const operation = { doing: `create the bucket "${options.bucket}"`, action: "s3:CreateBucket" };
    await this.#bucket.call(operation, this.#bucket.signal(signal), async (signal) => {
      try {
        await api.createBucket(signal);
      } catch (error) {
        const { code } = failureOf(error);
        if (code !== "BucketAlreadyOwnedByYou" && code !== "BucketAlreadyExists") throw error;
      }
    });
  }

  async stat(key: string): Promise<ObjectInfo | undefined> {
    const info = await this.#bucket.head(this.#path(key));
    return info && infoBelow(this.#folder, info);
  }

  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    return readS3Into(this.#bucket, this.#read(key, signal), position, target);
  }

  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* readS3Chunks(this.#bucket, this.#read(key, signal), range);
  }

  async put(
    key: string,
    pieces: readonly Uint8Array[],
    signal?: AbortSignal,
    mayAppear?: () => Promise<void>,
  ): Promise<ObjectInfo> {
    const sizeBytes = await writeS3Object(this.#bucket, { key: this.#path(key), name: key, pieces, signal, mayAppear });
    return { key, sizeBytes, modifiedMs: Date.now() };
  }

  copy(from: string, to: string, signal?: AbortSignal, mayAppear?: () => Promise<void>): Promise<void> {
    const copy = { from: this.#path(from), to: this.#path(to), name: from, signal, mayAppear };
    return copyS3Object(this.#bucket, copy);
  }

  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    for await (const info of this.#bucket.list(this.#folder + prefix)) {
      // Some tools put empty objects in the place of folders; they are none of ours.
      if (!info.key.endsWith("/")) yield infoBelow(this.#folder, info);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const paths = keys.map((key) => this.#path(key));
    const starts = Array.from({ length: Math.ceil(paths.length / batchKeys) }, (_, i) => i * batchKeys);
    await forEachConcurrent(starts, parallelBatches, (start, leaving) =>
      this.#deleteBatch(paths.slice(start, start + batchKeys), leaving),
    );
  }

  /** Uploads in parts that have not ended. */
  abortWrites(prefix: string): Promise<number> {
    return abortUploads(this.#bucket, this.#folder + prefix);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bucket[Symbol.asyncDispose]();
  }

  #path(key: string): string {
    checkKey(key);
    return this.#folder + key;
  }

  #read(key: string, signal: AbortSignal | undefined): S3Read {
    return { key: this.#path(key), name: key, etag: "", signal };
  }

  async #deleteBatch(paths: readonly string[], leaving: AbortSignal): Promise<void> {
    let left = paths;
    const operation: S3Operation = { doing: `delete ${paths.length} objects`, action: "s3:DeleteObject" };
    await this.#bucket.call(operation, this.#bucket.signal(leaving), async (signal) => {
      const failures = await this.#bucket.api.delete(left, signal);
      if (failures.length === 0) return;
      left = failures.map(({ key }) => key); // The next try is for these alone.
      throw deleteFailure(failures[0]);
    });
  }
}
