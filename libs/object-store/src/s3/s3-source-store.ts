import { ImportError } from "@sluice/errors";
import type { ByteRange, ObjectInfo } from "../object-store.ts";
import type { SourceStore } from "../source-store.ts";
import { S3Bucket } from "./s3-bucket.ts";
import { ObjectChanged } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";
import { readS3Chunks, readS3Into, type S3Read } from "./s3-reads.ts";
import { formatSourceKey, isBelow, parseSourceKey, parseSourcePath, type SourcePath } from "./source-paths.ts";

/** A bucket, or a folder of one, that paths `name://key` lead to. */
export interface NamedS3Source {
  /** Lower-case letters, digits, `-`; a letter first; not `s3`. */
  readonly name: string;
  readonly options: S3Options;
}

/** Plain data. */
export interface S3SourceOptions {
  /** Where paths without a scheme are keys, below its prefix. */
  readonly importBucket: S3Options;
  readonly named: readonly NamedS3Source[];
  /** Folder of that bucket which holds the server's own objects, of any size and no business of imports. */
  readonly reserved?: string;
}

/** A bucket that is open to users, and its folder with a slash at the end, or "". */
interface Place {
  readonly source: string;
  readonly bucket: S3Bucket;
  readonly folder: string;
}

/**
 * Objects of S3 as sources of imports: keys of the import bucket, with or without a leading slash, and of named sources.
 *
 * B1. Nothing else is read: another bucket, another scheme, the server's own objects are refused.
 * B2. A key that `resolve` gave holds the object's ETag, and reads by it demand that version: an object that was replaced
 *     after its import was requested fails the import, also when it is as long as the old one.
 */
export class S3SourceStore implements SourceStore {
  readonly #options: S3SourceOptions;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(options: S3SourceOptions, places: readonly Place[]) {
    this.#options = options;
    this.#places = new Map(places.map((place) => [place.source, place]));
  }

  /** Calls nobody yet. @throws {Error} for options that cannot be */
  static async open(options: S3SourceOptions): Promise<S3SourceStore> {
    const importBucket = await openPlace("", options.importBucket);
    const named = await Promise.all(options.named.map(({ name, options }) => openPlace(name, options)));
    return new S3SourceStore(options, [importBucket, ...named]);
  }

  async resolve(path: string): Promise<ObjectInfo> {
    const parsed = parseSourcePath(path);
    if (typeof parsed === "string") throw this.#refused(path, parsed);
    const { place, key } = this.#place(path, parsed);
    this.#checkReserved(path, place, key);
    const info = await place.bucket.head(place.folder + key);
    if (!info) {
      const reason = `the file does not exist: ${nameOf(place, key)}`;
      throw new ImportError("file_not_found", reason, { file: path });
    }
    const { sizeBytes, modifiedMs, etag } = info;
    return { key: formatSourceKey({ source: place.source, etag, key }), sizeBytes, modifiedMs };
  }

  /** @throws {ImportError} `malformed_file` when the object is not the one that was resolved (B2) */
  async stat(key: string): Promise<ObjectInfo | undefined> {
    const { place, etag, key: objectKey } = this.#parse(key);
    const info = await place.bucket.head(place.folder + objectKey);
    if (!info) return undefined;
    if (etag !== "" && info.etag !== "" && info.etag !== etag) throw changed(nameOf(place, objectKey));
    return { key, sizeBytes: info.sizeBytes, modifiedMs: info.modifiedMs };
  }

  /** @throws as `stat`, and `ObjectStore.readInto` */
  async readInto(key: string, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const { place, read } = this.#read(key, signal);
    try {
      return await readS3Into(place.bucket, read, position, target);
    } catch (error) {
      throw error instanceof ObjectChanged ? changed(read.name) : error;
    }
  }

  /** @throws as `stat`, and `ObjectStore.read` */
  async *read(key: string, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { place, read } = this.#read(key, signal);
    try {
      yield* readS3Chunks(place.bucket, read, range);
    } catch (error) {
      throw error instanceof ObjectChanged ? changed(read.name) : error;
    }
  }

  /** @param prefix the start of a key that `resolve` gave; its version is of no matter */
  async *list(prefix: string): AsyncGenerator<ObjectInfo> {
    const { place, key } = this.#parse(prefix);
    for await (const info of place.bucket.list(place.folder + key)) {
      const found = { source: place.source, etag: info.etag, key: info.key.slice(place.folder.length) };
      if (this.#isReserved(place, found.key) || info.key.endsWith("/")) continue;
      yield { key: formatSourceKey(found), sizeBytes: info.sizeBytes, modifiedMs: info.modifiedMs };
    }
  }

  async put(key: string): Promise<ObjectInfo> {
    throw new ImportError("unsupported", "sources of imports are only read, never written", { file: key });
  }

  async delete(keys: readonly string[]): Promise<void> {
    throw new ImportError("unsupported", "sources of imports are only read, never deleted", { file: keys[0] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#places.values(), ({ bucket }) => bucket[Symbol.asyncDispose]()));
  }

  /** B1 */
  #place(path: string, parsed: SourcePath): { readonly place: Place; readonly key: string } {
    if (parsed.kind === "key") return { place: this.#importPlace(), key: parsed.key };
    if (parsed.kind === "named") {
      const place = parsed.name === "" ? undefined : this.#places.get(parsed.name);
      if (place) return { place, key: parsed.key };
      throw this.#refused(path, `names the source "${parsed.name}", which is not configured`);
    }
    for (const place of this.#places.values()) {
      const isOpen = place.bucket.options.bucket === parsed.bucket && parsed.key.startsWith(place.folder);
      if (isOpen) return { place, key: parsed.key.slice(place.folder.length) };
    }
    throw this.#refused(path, `leads into the bucket "${parsed.bucket}", where imports may not read it`);
  }

  #importPlace(): Place {
    return this.#places.get("") as Place;
  }

  #checkReserved(path: string, place: Place, key: string): void {
    if (this.#isReserved(place, key)) throw this.#refused(path, "lies among the server's own objects");
  }

  #isReserved({ bucket, folder }: Place, key: string): boolean {
    const { reserved, importBucket } = this.#options;
    if (!reserved) return false;
    const isSame = bucket.options.bucket === importBucket.bucket && bucket.options.endpoint === importBucket.endpoint;
    return isSame && isBelow(reserved, folder + key);
  }

  #parse(text: string): { readonly place: Place; readonly etag: string; readonly key: string } {
    const { source, etag, key } = parseSourceKey(text);
    const place = this.#places.get(source);
    if (!place) throw this.#refused(text, `names the source "${source}", which is not configured here`);
    this.#checkReserved(text, place, key);
    return { place, etag, key };
  }

  #read(text: string, signal: AbortSignal | undefined): { readonly place: Place; readonly read: S3Read } {
    const { place, etag, key } = this.#parse(text);
    return { place, read: { key: place.folder + key, name: nameOf(place, key), etag, signal } };
  }

  #refused(path: string, why: string): ImportError {
    const { importBucket, named } = this.#options;
    const sources = named.map(({ name }) => `, ${name}://KEY`).join("");
    const allowed = `allowed: keys of the bucket "${importBucket.bucket}", s3://${importBucket.bucket}/KEY${sources}`;
    const hint = `${allowed}; the setting --source NAME=s3://BUCKET/FOLDER opens another bucket`;
    return new ImportError("path_refused", `the path ${why} (${hint})`, { file: path });
  }
}

async function openPlace(source: string, options: S3Options): Promise<Place> {
  return { source, bucket: await S3Bucket.open(options), folder: options.prefix === "" ? "" : `${options.prefix}/` };
}

function nameOf({ bucket, folder }: Place, key: string): string {
  return `s3://${bucket.options.bucket}/${folder}${key}`;
}

function changed(name: string): ImportError {
  const reason = `the file has changed since its import was requested: ${name} is another object now`;
  return new ImportError("malformed_file", reason);
}
