import type { Readable } from "node:stream";
import { forEachConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import { clipRange } from "../byte-range.ts";
import type { ByteRange } from "../object-store.ts";
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
  const part = await bucket.api.get(key, range, version.etag, signal);
  if (!part) {
    version.endsBefore(range.start);
    return;
  }
  try {
    version.see(part.etag, part.totalBytes);
    await filling.pour(part.body, Math.max(0, Math.min(range.end, part.totalBytes) - range.start));
  } finally {
    part.body.destroy(); // Nothing to do after its end.
  }
}

/** Memory that bodies are poured into, one after the other. */
class Filling {
  readonly #target: Uint8Array;
  bytes = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  /** Rejects when the body breaks or ends before `expected` bytes; what came until then is kept. */
  pour(body: Readable, expected: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = this.bytes + expected;
    body.on("data", (chunk: Uint8Array) => {
      const room = end - this.bytes;
      const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
      this.#target.set(part, this.bytes);
      this.bytes += part.length;
      if (chunk.length > room) resolve(); // The server does not keep to ranges; the rest is not wanted.
    });
    const ended = () => {
      if (this.bytes === end) resolve();
      else
        reject(Object.assign(new Error(`the body ended ${end - this.bytes} bytes early`), { code: "IncompleteBody" }));
    };
    body.once("error", reject);
    body.once("end", ended);
    body.once("close", ended);
    return promise;
  }
}

function replaced(name: string): ImportError {
  return new ImportError("object_store_refused", `cannot read "${name}": it was replaced while it was read`);
}
