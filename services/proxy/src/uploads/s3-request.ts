import type { IncomingMessage } from "node:http";
import { headerOf, S3Refusal, type SignedRequest, splitOnce } from "@sluice/volumes";
import { UPLOAD_BUCKET } from "../volumes/volume-views.ts";

/** A request of an S3 client, in its parts. */
export interface S3Request extends SignedRequest {
  /** Undefined for the bucket itself. */
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets a client that waits for it send its body. */
  readonly goOn: () => void;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** Greatest object that is taken in one piece, and greatest part. Source: limits of Amazon S3. */
const MAX_PIECE_BYTES = 5 * 2 ** 30;
const BUCKET_PATH = `/${UPLOAD_BUCKET}`;

/** Whether a path leads to the bucket. */
export function isUploadPath(url: string): boolean {
  const path = splitOnce(url, "?")[0];
  return path === BUCKET_PATH || path.startsWith(`${BUCKET_PATH}/`);
}

/** @throws {S3Refusal} for a path or query that is not percent-encoded UTF-8 */
export function parseS3Request(
  { method = "GET", url = "/", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  rest: Pick<S3Request, "body" | "goOn" | "signal">,
): S3Request {
  const [path, text] = splitOnce(url, "?");
  const encoded = path.slice(BUCKET_PATH.length + 1);
  const pairs =
    text === "" ? [] : text.split("&").map((pair) => splitOnce(pair.replaceAll("+", "%20"), "=").map(decoded));
  const query = new Map(pairs.map(([name, value]) => [name, value]));
  return { method, url, headers, key: encoded === "" ? undefined : decoded(encoded), query, ...rest };
}

/** Once, and exactly. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new S3Refusal("InvalidArgument", "the path or query is not UTF-8 in percent-encoding");
  }
}

/** Bytes of the body, without the frame of chunks. @throws {S3Refusal} where it is not said, or too much */
export function lengthOf({ headers }: S3Request): number {
  const text = headerOf(headers, "x-amz-decoded-content-length") || headerOf(headers, "content-length");
  if (!/^\d{1,15}$/.test(text)) throw new S3Refusal("MissingContentLength", "the request says no Content-Length");
  if (Number(text) <= MAX_PIECE_BYTES) return Number(text);
  throw new S3Refusal("EntityTooLarge", "one request takes 5 GiB at most: upload larger files in parts");
}
