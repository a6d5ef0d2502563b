import { hash } from "node:crypto";
import type { S3Credentials } from "../s3-options.ts";

/** SHA-256 of nothing: what requests without a body are signed with. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A request as it is signed: each part exactly as it is sent. */
export interface SignableRequest {
  readonly method: string;
  /** Encoded once, as S3 wants it; see `encodedKey`. */
  readonly path: string;
  /** Encoded, in order of the parameters' names, without the question mark; "" for none. */
  readonly query: string;
  /** All that are signed, with names in lower case. They must hold `host`, `x-amz-date` and `x-amz-content-sha256`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The time of a signature: `20130524T000000Z`. */
export function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** A value in a query, as signatures want it: all but letters, digits and `-._~` as bytes of UTF-8 in hex. */
export function encodedValue(text: string): string {
  const hex = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, hex);
}

/** The key in a path, where its slashes stay. */
export function encodedKey(key: string): string {
  return encodedValue(key).replaceAll("%2F", "/");
}

/**
 * Signature Version 4 of one service in one region. Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API
 * reference.
 */
export class SigV4Signer {
  readonly #region: string;
  readonly #service: string;
  /** That of the last day and secret, which hundreds of requests a second share. */
  #key: { readonly of: string; readonly bytes: Buffer } | undefined;

  constructor(region: string, service = "s3") {
    this.#region = region;
    this.#service = service;
  }

  /** The value of the header `authorization`. */
  authorization(request: SignableRequest, { accessKeyId, secretAccessKey }: S3Credentials): string {
    const date = request.headers["x-amz-date"];
    const day = date.slice(0, 8);
    const scope = `${day}/${this.#region}/${this.#service}/aws4_request`;
    const names = Object.keys(request.headers).toSorted();
    const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical(request, names))].join("\n");
    const signature = hmac(this.#signingKey(day, secretAccessKey), text).toString("hex");
    const signed = `SignedHeaders=${names.join(";")}`;
    return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ${signed}, Signature=${signature}`;
  }

  #signingKey(day: string, secret: string): Buffer {
    const of = `${day} ${secret}`;
    if (this.#key?.of !== of) {
      const parts = [day, this.#region, this.#service, "aws4_request"];
      this.#key = { of, bytes: parts.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`)) };
    }
    return this.#key.bytes;
  }
}

function canonical({ method, path, query, headers }: SignableRequest, names: readonly string[]): string {
  const lines = names.map((name) => `${name}:${headers[name].trim().replace(/ +/g, " ")}\n`).join("");
  return [method, path, query, lines, names.join(";"), headers["x-amz-content-sha256"]].join("\n");
}

function sha256(text: string): string {
  return hash("sha256", text);
}

const blockBytes = 64;

/** RFC 2104 with SHA-256, by calls that take all at once. */
function hmac(given: Buffer, text: string): Buffer {
  const key = given.length > blockBytes ? hash("sha256", given, "buffer") : given;
  const inner = hash("sha256", Buffer.concat([padded(key, 0x36), Buffer.from(text)]), "buffer");
  return hash("sha256", Buffer.concat([padded(key, 0x5c), inner]), "buffer");
}

function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(blockBytes, pad);
  for (let i = 0; i < key.length; i++) block[i] = key[i] ^ pad;
  return block;
}
