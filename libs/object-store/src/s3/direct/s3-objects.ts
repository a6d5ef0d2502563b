import type { ByteRange } from "../../object-store.ts";
import type { S3Body } from "../s3-body.ts";
import { ObjectChanged, S3Unsupported } from "../s3-errors.ts";
import type { BodySink } from "./http-connection.ts";
import type { HttpHead } from "./http-head.ts";
import { S3AnswerError } from "./s3-answer-error.ts";
import type { S3DirectClient } from "./s3-direct-client.ts";
import { EMPTY_SHA256 } from "./sigv4.ts";

/** An answer to a ranged GET. */
export interface S3Part {
  /** Of the whole object. */
  readonly totalBytes: number;
  readonly etag: string;
}

/** One object's bytes of a range, at one ETag; "" is any. */
export interface S3RangeRequest {
  readonly key: string;
  readonly range: ByteRange;
  readonly etag: string;
}

/** What is written: an object, or by the query a part of one. */
export interface S3WriteRequest {
  readonly key: string;
  readonly query?: string;
  readonly body: S3Body;
  /** A CRC-32 stands for the body, which then need not be signed: else its SHA-256 is. */
  readonly withCrc32: boolean;
}

/** For bodies that say nothing: all of it is read, so that the connection goes on. */
const nowhere: BodySink = { room: () => noted, wrote: () => {} };
const noted = new Uint8Array(4096);

/**
 * Reads a part from `range.start` on, at most to `range.end`. Resolves to false when the object ends before it.
 * @param begin told of the answer before its body; returns where the body goes
 * @throws {ObjectChanged} the object has another ETag; {S3Unsupported} the server does not give ranges; as `S3DirectClient.send`
 */
export async function readRange(
  client: S3DirectClient,
  { key, range, etag }: S3RangeRequest,
  begin: (part: S3Part) => BodySink,
  signal: AbortSignal,
): Promise<boolean> {
  const headers = { range: `bytes=${range.start}-${range.end - 1}`, ...(etag !== "" && { "if-match": `"${etag}"` }) };
  try {
    await client.send(
      { method: "GET", key, headers, payload: EMPTY_SHA256 },
      (head) => begin(partOf(head, range)),
      signal,
    );
    return true;
  } catch (error) {
    if (!(error instanceof S3AnswerError)) throw error;
    const status = error.$metadata.httpStatusCode;
    if (status === 416 || error.Code === "InvalidRange") return false;
    throw status === 412 ? new ObjectChanged("the object has changed") : error;
  }
}

/** Writes an object or a part, from where its bytes are. Resolves to its ETag. @throws as `S3DirectClient.send` */
export async function writeBody(
  client: S3DirectClient,
  { key, query, body, withCrc32 }: S3WriteRequest,
  signal: AbortSignal,
): Promise<string> {
  const headers = {
    "content-length": String(body.sizeBytes),
    "content-type": "application/octet-stream",
    ...(withCrc32 && { "x-amz-checksum-crc32": body.crc32 }),
  };
  const payload = withCrc32 ? "UNSIGNED-PAYLOAD" : body.sha256;
  const request = { method: "PUT", key, query, headers, payload, body: body.pieces } as const;
  return etagOf(await client.send(request, () => nowhere, signal));
}

function partOf(head: HttpHead, range: ByteRange): S3Part {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(head.headers.get("content-range") ?? "") ?? [];
  // The whole object, which some servers give for a range that covers it, and for an empty object; a part's length is not its.
  const first = Number(start ?? 0);
  const totalBytes = Number(total ?? (head.status === 206 ? Number.NaN : head.framing));
  if (Number.isNaN(totalBytes)) throw new S3Unsupported("the server does not say how long the object is");
  const isEmptyThere = start === undefined && totalBytes <= range.start;
  if (first !== range.start && !isEmptyThere)
    throw new S3Unsupported(`the server does not give ranges: asked for byte ${range.start}, got byte ${first}`);
  return { totalBytes, etag: etagOf(head) };
}

function etagOf({ headers }: HttpHead): string {
  return (headers.get("etag") ?? "").replace(/^"|"$/g, "");
}
