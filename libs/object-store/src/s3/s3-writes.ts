import { forEachConcurrent, mapConcurrent } from "@sluice/async";
import type { UnfinishedUpload, UploadedPart } from "./s3-api.ts";
import { S3Body } from "./s3-body.ts";
import type { S3Bucket } from "./s3-bucket.ts";
import { failureOf, type S3Operation } from "./s3-errors.ts";

/** Larger objects are written in parts; a part is as large, or larger where an object would have too many. */
const singleBytes = 16 << 20;
/** Parts of one object at once; writers have several objects under way besides. Measured: more slow a small server down. */
const parallelParts = 2;
/** The most parts that S3 allows. */
const maxParts = 10_000;

/** What one object is written from. */
export interface S3Write {
  readonly key: string;
  /** The object as messages call it. */
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
  readonly signal: AbortSignal | undefined;
  /** See `ObjectWrites.put`. */
  readonly mayAppear: (() => Promise<void>) | undefined;
}

/** Writes an object whole or not at all. Resolves to its bytes. */
export async function writeS3Object(bucket: S3Bucket, write: S3Write): Promise<number> {
  const signal = bucket.signal(write.signal);
  signal.throwIfAborted();
  const sizeBytes = write.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const operation = { doing: `write object "${write.name}"`, action: "s3:PutObject" };
  if (sizeBytes > singleBytes) await writeParts(bucket, { ...write, signal }, sizeBytes, operation);
  else {
    const body = new S3Body(write.pieces);
    await bucket.call(operation, signal, async (signal) => {
      await write.mayAppear?.();
      await bucket.api.put(write.key, body, signal);
    });
  }
  return sizeBytes;
}

/** What is copied within a bucket; both keys are whole. */
export interface S3Copy extends Pick<S3Write, "signal" | "mayAppear"> {
  readonly from: string;
  readonly to: string;
  /** The first one as messages call it. */
  readonly name: string;
}

/** One object from another, in the server. @throws {ImportError} `file_not_found` */
export async function copyS3Object(bucket: S3Bucket, { from, to, name, signal, mayAppear }: S3Copy): Promise<void> {
  const operation = { doing: `copy object "${name}"`, action: "s3:GetObject, s3:PutObject", reads: name };
  await bucket.call(operation, bucket.signal(signal), async (signal) => {
    await mayAppear?.();
    await bucket.api.copy(from, to, signal);
  });
}

/** Begins to write an object and gives it up: whether this process may, without a trace. */
export async function tryToWrite(bucket: S3Bucket, key: string, given?: AbortSignal): Promise<void> {
  const operation = { doing: "write objects", action: "s3:PutObject" };
  const signal = bucket.signal(given);
  const uploadId = await bucket.call(operation, signal, (signal) => bucket.api.createUpload(key, signal));
  await abortUpload(bucket, key, uploadId, signal);
}

/** Removes unfinished uploads below `prefix`. Resolves to their number. */
export async function abortUploads(bucket: S3Bucket, prefix: string): Promise<number> {
  const operation = { doing: `list unfinished uploads under "${prefix}"`, action: "s3:ListBucketMultipartUploads" };
  const signal = bucket.signal();
  let aborted = 0;
  let after: { key: string; uploadId: string } | undefined;
  do {
    const page = await bucket.call(operation, signal, (signal) => bucket.api.listUploads(prefix, after, signal));
    const abort = ({ key, uploadId }: UnfinishedUpload) => abortUpload(bucket, key, uploadId, signal);
    await forEachConcurrent(page.uploads, parallelParts, abort);
    aborted += page.uploads.length;
    after = page.next;
  } while (after);
  return aborted;
}

async function writeParts(
  bucket: S3Bucket,
  { key, pieces, signal, mayAppear }: S3Write & { readonly signal: AbortSignal },
  sizeBytes: number,
  operation: S3Operation,
): Promise<void> {
  const uploadId = await bucket.call(operation, signal, (signal) => bucket.api.createUpload(key, signal));
  try {
    const bodies = slices(pieces, Math.max(singleBytes, Math.ceil(sizeBytes / maxParts)));
    const parts: UploadedPart[] = [];
    const upload = (slice: readonly Uint8Array[], number: number, leaving: AbortSignal) => {
      const body = new S3Body(slice);
      return bucket.call(operation, AbortSignal.any([signal, leaving]), (signal) =>
        bucket.api.uploadPart(key, uploadId, number, body, signal),
      );
    };
    const numbered = bodies.map((slice, index) => ({ slice, number: index + 1 }));
    const uploads = mapConcurrent(numbered, parallelParts, ({ slice, number }, leaving) =>
      upload(slice, number, leaving),
    );
    for await (const part of uploads) parts.push(part);
    await complete(bucket, { key, uploadId, parts, sizeBytes, mayAppear }, operation, signal);
  } catch (error) {
    // The caller's signal may be the reason, so this goes without. What fails here, `abortUploads` finds later.
    await bucket.api.abortUpload(key, uploadId, AbortSignal.timeout(5_000)).catch(() => {});
    throw error;
  }
}

interface FinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly parts: readonly UploadedPart[];
  readonly sizeBytes: number;
  readonly mayAppear: S3Write["mayAppear"];
}

async function complete(
  bucket: S3Bucket,
  { key, uploadId, parts, sizeBytes, mayAppear }: FinishedUpload,
  operation: S3Operation,
  signal: AbortSignal,
): Promise<void> {
  let tries = 0;
  await bucket.call(operation, signal, async (signal) => {
    await mayAppear?.();
    try {
      tries++;
      await bucket.api.completeUpload(key, uploadId, parts, signal);
    } catch (error) {
      // An earlier try that lost its answer may have been the one: then the upload is gone and the object there.
      if (tries === 1 || failureOf(error).code !== "NoSuchUpload") throw error;
      const { sizeBytes: found, etag } = await bucket.api.head(key, signal);
      if (found !== sizeBytes || !etag.endsWith(`-${parts.length}`)) throw error;
    }
  });
}

async function abortUpload(bucket: S3Bucket, key: string, uploadId: string, signal: AbortSignal): Promise<void> {
  const operation = { doing: `abort an unfinished upload of "${key}"`, action: "s3:AbortMultipartUpload" };
  await bucket.call(operation, signal, async (signal) => {
    try {
      await bucket.api.abortUpload(key, uploadId, signal);
    } catch (error) {
      if (failureOf(error).code !== "NoSuchUpload") throw error;
    }
  });
}

/** The same bytes in runs of `runBytes`, each again in pieces; nothing is copied. */
function slices(pieces: readonly Uint8Array[], runBytes: number): Uint8Array[][] {
  const runs: Uint8Array[][] = [];
  let room = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (room === 0) {
        runs.push([]);
        room = runBytes;
      }
      const part = piece.subarray(at, at + room);
      runs[runs.length - 1].push(part);
      at += part.length;
      room -= part.length;
    }
  }
  return runs;
}
