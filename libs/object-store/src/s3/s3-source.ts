import { ImportError } from "@sluice/errors";
import type { ByteRange } from "../object-store.ts";
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
import { S3Bucket } from "./s3-bucket.ts";
import { ObjectChanged } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";
import { readS3Chunks, readS3Into, type S3Read } from "./s3-reads.ts";
import { hasDots, invalidKey, isBelow, parseBucketUrl } from "./source-keys.ts";

/** A bucket that files are read from. */
export interface S3SourceOptions extends S3Options {
  /** Folder of the bucket which holds the server's own objects, of any size and no business of imports. */
  readonly reserved?: string;
}

/** Where no object is, to try rights on. */
const PROBE_KEY = "readiness";

/** Objects of a bucket, or of a folder of one, as sources of imports. The version of an object is its ETag. */
export class S3Source implements Source {
  readonly allows: string;
  readonly where: string;
  readonly bucket: string;
  readonly #bucket: S3Bucket;
  readonly #reserved: string | undefined;
  /** With a slash at the end, or "". */
  readonly #folder: string;

  private constructor(bucket: S3Bucket, reserved: string | undefined) {
    const { bucket: name, prefix } = bucket.options;
    this.#bucket = bucket;
    this.bucket = name;
    this.#reserved = reserved;
    this.#folder = prefix === "" ? "" : `${prefix}/`;
    this.allows = `keys of the bucket "${name}", s3://${name}/${this.#folder}KEY`;
    this.where = `in the bucket "${name}"`;
  }

  /** Calls nobody yet. @throws {Error} for options that cannot be */
  static async open({ reserved, ...options }: S3SourceOptions): Promise<S3Source> {
    return new S3Source(await S3Bucket.open(options), reserved);
  }

  claim(path: string): string | undefined {
    const url = parseBucketUrl(path);
    return url?.bucket === this.bucket ? this.ofBucket(url.key) : undefined;
  }

  ofBucket(path: string): string | undefined {
    const key = path.replace(/^\/+/, "");
    return key.startsWith(this.#folder) ? key.slice(this.#folder.length) : undefined;
  }

  async find(path: string): Promise<FoundFile | undefined> {
    const key = path.replace(/^\/+/, "");
    if (key.endsWith("/")) throw refuseFolder(path);
    this.#check(key, path);
    const info = await this.#bucket.head(this.#folder + key);
    if (info) return { key, sizeBytes: info.sizeBytes, version: info.etag };
    if (await this.#bucket.isFolder(this.#folder + key)) throw refuseFolder(path);
    return undefined;
  }

  async open(file: FoundFile & { readonly path: string }): Promise<SourceFile> {
    this.#check(file.key, file.path);
    const key = this.#folder + file.key;
    const opened = new S3SourceFile(this.#bucket, file, {
      key,
      name: `s3://${this.bucket}/${key}`,
      etag: file.version,
    });
    await opened.check();
    return opened;
  }

  async *list(prefix: string, { deep = true, accepts }: ListOptions = {}): AsyncGenerator<ListedFile> {
    const plain = prefix.replace(/^\/+/, "");
    if (hasDots(plain)) throw refusePath(prefix, 'has the part "." or ".."');
    const reserved = this.#reserved === undefined ? undefined : `${this.#reserved}/`;
    const objects = this.#bucket.list(this.#folder + plain, { deep, ...(reserved && { skip: reserved }) });
    for await (const { key: whole, sizeBytes, etag } of objects) {
      const key = whole.slice(this.#folder.length);
      const below = key.slice(folderOf(plain).length);
      if (this.#isReserved(key) || invalidKey(key) !== undefined || accepts?.(below) === false) continue;
      yield { key, sizeBytes, version: etag, below };
    }
  }

  /** The rights to list and to read, the latter on a key where nothing is. */
  async check(signal?: AbortSignal): Promise<void> {
    await this.#bucket.check(signal);
    await this.#bucket.head(`${this.#folder}${PROBE_KEY}`, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bucket[Symbol.asyncDispose]();
  }

  #check(key: string, path: string): void {
    const reason = invalidKey(key) ?? (this.#isReserved(key) ? "lies among the server's own objects" : undefined);
    if (reason) throw refusePath(path, reason);
  }

  #isReserved(key: string): boolean {
    return this.#reserved !== undefined && isBelow(this.#reserved, this.#folder + key);
  }
}

/** One object at one ETag. */
class S3SourceFile implements SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly version: string;
  readonly supports = { randomAccess: true };
  readonly #bucket: S3Bucket;
  readonly #read: Omit<S3Read, "signal">;

  constructor(bucket: S3Bucket, file: FoundFile & { readonly path: string }, read: Omit<S3Read, "signal">) {
    this.#bucket = bucket;
    this.path = file.path;
    this.sizeBytes = file.sizeBytes;
    this.version = file.version;
    this.#read = read;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    try {
      return await readS3Into(this.#bucket, { ...this.#read, signal }, position, target);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async *read(range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* readS3Chunks(this.#bucket, { ...this.#read, signal }, range);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async check(signal?: AbortSignal): Promise<void> {
    const found = await this.#bucket.head(this.#read.key, signal);
    if (!found) return;
    if (found.sizeBytes !== this.sizeBytes)
      throw changedFile(this.path, `expected ${this.sizeBytes} bytes, found ${found.sizeBytes}`);
    const isKnown = this.version !== "" && found.etag !== "";
    if (isKnown && found.etag !== this.version) throw this.#explain(new ObjectChanged());
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #explain(error: unknown): unknown {
    if (error instanceof ObjectChanged) return changedFile(this.path, `${this.#read.name} is another object now`);
    const isGone = error instanceof ImportError && error.code === "file_not_found";
    return isGone ? new ImportError(error.code, error.reason, { file: this.path }, { cause: error }) : error;
  }
}
