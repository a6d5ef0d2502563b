import { createHash } from "node:crypto";
import { S3Refusal } from "./s3-refusal.ts";
import { hmac, type SignatureV4, sameHex, sha256, signingKey, splitOnce } from "./signature.ts";

// Bodies in `aws-chunked`: `SIZE[;chunk-signature=…]\r\n BYTES \r\n`, an empty one at the end, then trailers. Source: "Signature
// Calculations for the Authorization Header: Transferring Payload in Multiple Chunks" of the Amazon S3 API reference.

/** Greatest line between chunks. */
const MAX_LINE = 4096;
const EMPTY = createHash("sha256").digest("hex");

/** What chunks are signed with, each with the signature before it. */
export interface ChunkSigning {
  readonly signature: SignatureV4;
  readonly secretAccessKey: string;
}

/** Whether a body comes in such chunks, and whether they are signed; undefined for one that comes as it is. */
export function chunkedPayload(payload: string): { readonly isSigned: boolean } | undefined {
  if (!payload.startsWith("STREAMING-")) return undefined;
  if (/^STREAMING-UNSIGNED-PAYLOAD-TRAILER$/.test(payload)) return { isSigned: false };
  if (/^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/.test(payload)) return { isSigned: true };
  throw new S3Refusal(
    "NotImplemented",
    "bodies that are signed this way are not supported: sign with AWS4-HMAC-SHA256",
  );
}

/** Takes the frame off a body in chunks. */
export class AwsChunkedBody {
  /** What came behind the body, by lower-case name; whole once the body has ended. */
  readonly trailers = new Map<string, string>();
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #signing: ChunkSigning | undefined;
  readonly #key: Buffer | undefined;
  #previous: string;

  /** @param signing undefined: chunks are not signed */
  constructor(body: AsyncIterable<Uint8Array>, signing: ChunkSigning | undefined) {
    this.#body = body;
    this.#signing = signing;
    this.#key = signing && signingKey(signing.secretAccessKey, signing.signature.scope);
    this.#previous = signing?.signature.signature ?? "";
  }

  /** The bytes of the body. @throws {S3Refusal} for a frame that is none, and for a chunk that was not signed so */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const input = new Input(this.#body);
    for (;;) {
      const [size, extension] = splitOnce(await input.line(), ";");
      if (!/^[0-9a-f]{1,8}$/i.test(size)) throw malformed();
      const hash = this.#signing ? createHash("sha256") : undefined;
      let left = Number.parseInt(size, 16);
      const isLast = left === 0;
      while (left > 0) {
        const bytes = await input.take(left);
        left -= bytes.length;
        hash?.update(bytes);
        yield bytes;
      }
      if (hash) this.#check(splitOnce(extension, "=")[1], `AWS4-HMAC-SHA256-PAYLOAD`, [EMPTY, hash.digest("hex")]);
      if (isLast) break;
      if ((await input.line()) !== "") throw malformed();
    }
    await this.#readTrailers(input);
  }

  async #readTrailers(input: Input): Promise<void> {
    const signed: string[] = [];
    for (let line = await input.line(); line !== ""; line = await input.line()) {
      const [name, value] = splitOnce(line, ":");
      const key = name.trim().toLowerCase();
      if (key === "x-amz-trailer-signature")
        this.#check(value.trim(), "AWS4-HMAC-SHA256-TRAILER", [sha256(signed.join(""))]);
      else {
        this.trailers.set(key, value.trim());
        signed.push(`${key}:${value.trim()}\n`);
      }
    }
  }

  #check(given: string, algorithm: string, hashes: readonly string[]): void {
    if (!this.#signing || !this.#key) return;
    const { date, scope } = this.#signing.signature;
    const expected = hmac(this.#key, [algorithm, date, scope, this.#previous, ...hashes].join("\n")).toString("hex");
    if (!sameHex(expected, given))
      throw new S3Refusal("SignatureDoesNotMatch", "a chunk of the body has not the signature that follows");
    this.#previous = expected;
  }
}

/** Bytes that come in pieces, taken by lines and by number. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #hasEnded = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** Without its end; "" behind the last byte. @throws {S3Refusal} */
  async line(): Promise<string> {
    let text = "";
    for (;;) {
      const end = this.#rest.indexOf(10);
      const taken = this.#rest.subarray(0, end < 0 ? this.#rest.length : end);
      text += Buffer.from(taken).toString("latin1");
      if (text.length > MAX_LINE) throw malformed();
      this.#rest = this.#rest.subarray(end < 0 ? taken.length : end + 1);
      if (end >= 0) return text.replace(/\r$/, "");
      if (!(await this.#more())) return text.replace(/\r$/, "");
    }
  }

  /** Between one byte and `most`. @throws {S3Refusal} behind the last */
  async take(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && !(await this.#more()))
      throw new S3Refusal("IncompleteBody", "the body ends within a chunk");
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async #more(): Promise<boolean> {
    while (!this.#hasEnded && this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done) this.#hasEnded = true;
      else this.#rest = next.value;
    }
    return !this.#hasEnded;
  }
}

function malformed(): S3Refusal {
  return new S3Refusal("IncompleteBody", "the body is not in the chunks of aws-chunked that the request says");
}
