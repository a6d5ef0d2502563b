import { S3Refusal, splitOnce } from "@sluice/volumes";
import { UPLOAD_BUCKET } from "../volumes/volume-views.ts";
import type { RawRequest } from "./raw-service.ts";

/** A request of an S3 client, in its parts. */
export interface S3Request extends RawRequest {
  /** Undefined for the bucket itself. */
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
}

const BUCKET_PATH = `/${UPLOAD_BUCKET}`;

/** Whether a path leads to the bucket. */
export function isUploadPath(url: string): boolean {
  const path = splitOnce(url, "?")[0];
  return path === BUCKET_PATH || path.startsWith(`${BUCKET_PATH}/`);
}

/** @throws {S3Refusal} for a path or query that is not percent-encoded UTF-8 */
export function parseS3Request(request: RawRequest): S3Request {
  const [path, text] = splitOnce(request.url, "?");
  const encoded = path.slice(BUCKET_PATH.length + 1);
  const pairs =
    text === "" ? [] : text.split("&").map((pair) => splitOnce(pair.replaceAll("+", "%20"), "=").map(decoded));
  const query = new Map(pairs.map(([name, value]) => [name, value]));
  return { ...request, key: encoded === "" ? undefined : decoded(encoded), query };
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
