import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Refusal } from "./s3-refusal.ts";

// AWS Signature Version 4 in the Authorization header, for service s3. Source: "Authenticating Requests (AWS Signature Version 4)"
// of the Amazon S3 API reference.

/** A request as it came. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent, undecoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a request says of its signature. */
export interface SignatureV4 {
  readonly accessKeyId: string;
  /** `YYYYMMDD/REGION/s3/aws4_request` */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  /** In hex. */
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
  /** `x-amz-content-sha256`: 64 hex digits, or one of the words for payloads that are not signed as a whole. */
  readonly payload: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
/** How far the clocks of client and server may differ. */
const MAX_SKEW_MS = 15 * 60_000;

/** Whether a request says that it is signed so, whatever the signature. */
export function isSigned(headers: SignedRequest["headers"]): boolean {
  return headerOf(headers, "authorization").startsWith(`${ALGORITHM} `);
}

/** @throws {S3Refusal} for a request whose header is none, or that was signed at another time */
export function parseSignature({ headers }: SignedRequest, nowMs: number): SignatureV4 {
  const authorization = headerOf(headers, "authorization");
  if (!isSigned(headers))
    throw new S3Refusal(
      "AccessDenied",
      `expected an Authorization header of ${ALGORITHM}, or a Bearer with the session token`,
    );
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(",")
      .map((field) => splitOnce(field.trim(), "=")),
  );
  const [accessKeyId, scope] = splitOnce(fields.get("Credential") ?? "", "/");
  const signedHeaders = (fields.get("SignedHeaders") ?? "").toLowerCase().split(";");
  const signature = fields.get("Signature") ?? "";
  const date = headerOf(headers, "x-amz-date");
  if (
    !/^\d{8}\/[^/]*\/s3\/aws4_request$/.test(scope) ||
    !/^[0-9a-f]{64}$/.test(signature) ||
    !signedHeaders.includes("host")
  )
    throw new S3Refusal(
      "AuthorizationHeaderMalformed",
      "the Authorization header has no scope of s3, no signature, or does not sign the host",
    );
  checkDate(date, scope, nowMs);
  const payload = headerOf(headers, "x-amz-content-sha256") || "UNSIGNED-PAYLOAD";
  return { accessKeyId, scope, signedHeaders, signature, date, payload };
}

function checkDate(date: string, scope: string, nowMs: number): void {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const skewMs = Math.abs(Date.parse(iso) - nowMs);
  if (Number.isNaN(skewMs) || !date.startsWith(scope.slice(0, 8)))
    throw new S3Refusal(
      "AuthorizationHeaderMalformed",
      "the header x-amz-date is no time, or not of the day of the scope",
    );
  if (skewMs > MAX_SKEW_MS)
    throw new S3Refusal(
      "RequestTimeTooSkewed",
      "the time of the request differs from the server's by more than 15 minutes",
    );
}

/** @throws {S3Refusal} `SignatureDoesNotMatch` */
export function checkSignature(request: SignedRequest, signature: SignatureV4, secretAccessKey: string): void {
  const key = signingKey(secretAccessKey, signature.scope);
  const text = [ALGORITHM, signature.date, signature.scope, sha256(canonicalRequest(request, signature))].join("\n");
  if (!sameHex(hmac(key, text).toString("hex"), signature.signature))
    throw new S3Refusal("SignatureDoesNotMatch", "the signature is not that of this request under this access key");
}

/** Follows from the secret for one day. @param scope see `SignatureV4` */
export function signingKey(secretAccessKey: string, scope: string): Buffer {
  return scope.split("/").reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secretAccessKey}`) as Buffer;
}

/** HMAC-SHA256 of a text in UTF-8. */
export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** In hex, of a text in UTF-8. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** In time that tells nothing of where they differ. */
export function sameHex(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function canonicalRequest({ method, url, headers }: SignedRequest, { signedHeaders, payload }: SignatureV4): string {
  const [path, query] = splitOnce(url, "?");
  const lines = signedHeaders.map((name) => `${name}:${headerOf(headers, name).trim().replace(/ +/g, " ")}\n`);
  return [method, path, canonicalQuery(query), lines.join(""), signedHeaders.join(";"), payload].join("\n");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => splitOnce(pair, "=").map((text) => reencoded(text)));
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** As the signer has encoded it, whatever library has sent it. */
function reencoded(text: string): string {
  try {
    return uriEncode(decodeURIComponent(text));
  } catch {
    return text;
  }
}

/** Everything but letters, digits and `-_.~` as `%XX`. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The text before and behind the first separator; "" where there is none. */
export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param name in lower case; "" for a header that is not there, several joined by commas */
export function headerOf(headers: SignedRequest["headers"], name: string): string {
  const value = headers[name];
  return value === undefined ? "" : typeof value === "string" ? value : value.join(",");
}
