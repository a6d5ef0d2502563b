import { forEachConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import { clipRange } from "../byte-range.ts";
import type { ByteRange } from "../object-store.ts";
import type { BodySink } from "./direct/http-connection.ts";
import { ObjectVersion } from "./object-version.ts";
import type { S3Bucket } from "./s3-bucket.ts";
import { ObjectChanged, type S3Operation } from "./s3-errors.ts";

/** One request reads at most this: measured, smaller parts cost more CPU, larger ones bring nothing. */
const partBytes = 8 << 20;
/** Parts of one read at once. */
const parallelParts = 4;
/** The first chunk of a sequential read, whose object may be small; and the others. */
const firstChunkBytes = 64 << 10;
const chunkBytes = 4 << 20;
/** A read that met so many replacements of its object gives up. */
const maxReplacements = 20;

/** Which object is read, and at which version. */
export interface S3Read {
  readonly key: string;
  /** The object as messages call it. */
  readonly name: string;
  /** The object must have this ETag; "" is any. */
  readonly etag: string;
  readonly signal: AbortSignal | undefined;
}

type BoundRead = S3Read & { readonly signal: AbortSignal };

/**
 * Fills `target` from `position` on, straight from the connection, in parallel where it is large; all bytes are of one
 * version of the object. Resolves to the bytes read, fewer than asked for only at the object's end.
 * @throws {ObjectChanged} the object has not the ETag that was asked for
 */
export async function readS3Into(
  bucket: S3Bucket,
  read: S3Read,
  position: number,
  target: Uint8Array,
): Promise<number> {
  const signal = bucket.signal(read.signal);
  signal.throwIfAborted();
  if (target.length === 0) await mustExist(bucket, { ...read, signal });
  for (let replacements = 0; ; replacements++) {
    try {
      return await fillParts(bucket, { ...read, signal }, position, target, new ObjectVersion(read.etag));
    } catch (error) {
      if (!(error instanceof ObjectChanged) || read.etag !== "") throw error;
      if (replacements === maxReplacements) throw replaced(read.name);
    }
  }
}

/** The bytes of `range`, each chunk in memory of its own, one read ahead; all are of one version of the object. */
export async function* readS3Chunks(bucket: S3Bucket, read: S3Read, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const { start, end } = clipRange(range, Number.MAX_SAFE_INTEGER);
  const leaving = new AbortController();
  const bound = { ...read, signal: AbortSignal.any([bucket.signal(read.signal), leaving.signal]) };
  bound.signal.throwIfAborted();
  if (start === end) await mustExist(bucket, bound);
  const version = new ObjectVersion(read.etag);
  let next: Promise<Uint8Array> | undefined;
  try {
    next = readChunk(bucket, bound, start, Math.min(end, start + firstChunkBytes), version);
    for (let at = start; at < Math.min(end, version.endOffset); ) {
      const chunk = await next;
      at += chunk.length;
      next = readChunk(bucket, bound, at, Math.min(end, at + chunkBytes), version);
      next.catch(() => {}); // Surfaces when its turn comes.
      if (chunk.length > 0) yield chunk;
    }
  } catch (error) {
    throw error instanceof ObjectChanged && read.etag === "" ? replaced(read.name) : error;
  } finally {
    leaving.abort();
    await next?.catch(() => {}); // Nothing runs on after the loop was left.
  }
}

async function readChunk(
  bucket: S3Bucket,
  read: BoundRead,
  start: number,
  end: number,
  version: ObjectVersion,
): Promise<Uint8Array> {
  const chunk = new Uint8Array(Math.max(0, Math.min(end, version.endOffset) - start));
  return chunk.subarray(0, await fillPart(bucket, read, start, chunk, version));
}

async function mustExist(bucket: S3Bucket, { key, name, signal }: BoundRead): Promise<void> {
  if (await bucket.head(key, signal)) return;
  throw new ImportError("file_not_found", `cannot read "${name}": it does not exist`);
}

async function fillParts(
  bucket: S3Bucket,
  read: BoundRead,
  position: number,
  target: Uint8Array,
  version: ObjectVersion,
): Promise<number> {
  if (target.length <= partBytes) return fillPart(bucket, read, position, target, version);
  const offsets = Array.from({ length: Math.ceil(target.length / partBytes) }, (_, i) => i * partBytes);
  let filled = 0;
  await forEachConcurrent(offsets, parallelParts, async (offset, leaving) => {
    const part = target.subarray(offset, offset + partBytes);
    const signal = AbortSignal.any([read.signal, leaving]);
    // Only the part at the object's end is short, and those behind it are empty: what is filled has no gap.
    const count = await fillPart(bucket, { ...read, signal }, position + offset, part, version);
    filled += count;
  });
  return filled;
}

/** One part by as many requests as it takes: after a broken body the next one goes on at its offset. */
async function fillPart(
  bucket: S3Bucket,
  { key, name, signal }: BoundRead,
  position: number,
  target: Uint8Array,
  version: ObjectVersion,
): Promise<number> {
  const operation: S3Operation = { doing: `read "${name}"`, action: "s3:GetObject", reads: name };
  const patience = bucket.patience(operation, signal);
  const filling = new Filling(target);
  while (filling.bytes < target.length && position + filling.bytes < version.endOffset) {
    signal.throwIfAborted();
    const before = filling.bytes;
    try {
      const range = { start: position + before, end: position + target.length };
      await fillFrom(bucket, key, range, filling, version, signal);
    } catch (error) {
      if (error instanceof ObjectChanged) throw error;
      if (filling.bytes > before) patience.progress();
      await patience.pause(error);
    }
  }
  return filling.bytes;
}

async function fillFrom(
  bucket: S3Bucket,
  key: string,
  range: ByteRange,
  filling: Filling,
  version: ObjectVersion,
  signal: AbortSignal,
): Promise<void> {
  const isFound = await bucket.api.read(
    { key, range, etag: version.etag },
    ({ etag, totalBytes }) => {
      version.see(etag, totalBytes);
      filling.want(Math.min(range.end, totalBytes) - range.start);
      return filling;
    },
    signal,
  );
  if (!isFound) version.endsBefore(range.start);
  else filling.checkEnd();
}

/** Memory that bodies are poured into, one after the other. */
class Filling implements BodySink {
  readonly #target: Uint8Array;
  #end = 0;
  bytes = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  /** The next body has so many bytes that are wanted. */
  want(bytes: number): void {
    this.#end = this.bytes + Math.max(0, bytes);
  }

  room(): Uint8Array {
    return this.#target.subarray(this.bytes, this.#end);
  }

  wrote(bytes: number): void {
    this.bytes += bytes;
  }

  /** @throws what a broken body is told by, which the next one goes on from */
  checkEnd(): void {
    const missing = this.#end - this.bytes;
    if (missing > 0)
      throw Object.assign(new Error(`the body ended ${missing} bytes early`), { code: "IncompleteBody" });
  }
}

function replaced(name: string): ImportError {
  return new ImportError("object_store_refused", `cannot read "${name}": it was replaced while it was read`);
}
