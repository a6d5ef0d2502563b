import { createHash, type Hash } from "node:crypto";
import { excerpt } from "@sluice/errors";
import { type Checksum, crc32Checksum, crc32cChecksum, crc64nvmeChecksum } from "./crc.ts";
import { S3Refusal } from "./s3-refusal.ts";
import { headerOf, type SignedRequest } from "./signature.ts";

type Headers = SignedRequest["headers"];

const checksums: Readonly<Record<string, () => Checksum>> = {
  crc32: crc32Checksum,
  crc32c: crc32cChecksum,
  crc64nvme: crc64nvmeChecksum,
  sha1: () => hashChecksum("sha1"),
  sha256: () => hashChecksum("sha256"),
};
const PREFIX = "x-amz-checksum-";
/** Headers of the prefix that hold no checksum. */
const besides: ReadonlySet<string> = new Set(["algorithm", "mode", "type"]);

function hashChecksum(name: string): Checksum {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
}

/**
 * What a request says of its body beforehand, compared with the body as it comes: its length, `Content-MD5`, the hash that was
 * signed, S3's checksums in headers, or behind the body.
 */
export class BodyChecks {
  readonly #sizeBytes: number;
  readonly #headers: Headers;
  readonly #md5 = createHash("md5");
  readonly #signedHash: Hash | undefined;
  readonly #signed: string;
  readonly #checksums: readonly (readonly [name: string, checksum: Checksum])[];
  #seenBytes = 0;

  /** @param payload see `SignatureV4` @throws {S3Refusal} for a word or a checksum that is not known: the body would pass unchecked */
  constructor(headers: Headers, payload: string, sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#headers = headers;
    this.#signed = payload.toLowerCase();
    this.#signedHash = isHash(payload) ? createHash("sha256") : undefined;
    this.#checksums = checksumNames(headers).map((name) => [name, checksumOf(name)] as const);
  }

  /** The bytes as they come; a body that is longer than was said ends at once. @throws {S3Refusal} */
  async *pass(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of body) {
      this.#seenBytes += bytes.length;
      if (this.#seenBytes > this.#sizeBytes)
        throw new S3Refusal("IncompleteBody", `the body is longer than ${this.#sizeBytes} bytes`);
      this.#md5.update(bytes);
      this.#signedHash?.update(bytes);
      for (const [, checksum] of this.#checksums) checksum.update(bytes);
      yield bytes;
    }
  }

  /** The MD5 of the body, in hex, once all of it has passed. @param trailers what came behind it @throws {S3Refusal} for a body that is not what was said */
  finish(trailers: ReadonlyMap<string, string>): string {
    if (this.#seenBytes !== this.#sizeBytes)
      throw new S3Refusal(
        "IncompleteBody",
        `the body has ${this.#seenBytes} bytes, and the request says ${this.#sizeBytes}`,
      );
    const md5 = this.#md5.digest();
    const saidMd5 = headerOf(this.#headers, "content-md5");
    if (saidMd5 !== "" && saidMd5 !== md5.toString("base64")) throw mismatch("Content-MD5");
    if (this.#signedHash && this.#signedHash.digest("hex") !== this.#signed)
      throw new S3Refusal("XAmzContentSHA256Mismatch", "the body is not the one that was signed");
    for (const [name, checksum] of this.#checksums) {
      const said = trailers.get(PREFIX + name) ?? headerOf(this.#headers, PREFIX + name);
      if (said !== checksum.digest()) throw mismatch(PREFIX + name);
    }
    return md5.toString("hex");
  }
}

function isHash(payload: string): boolean {
  if (/^[0-9a-f]{64}$/i.test(payload)) return true;
  if (/^(UNSIGNED-PAYLOAD|STREAMING-.*)$/i.test(payload)) return false;
  const expected = "the SHA-256 of the body in 64 hex digits, UNSIGNED-PAYLOAD, or a word for a body in chunks";
  throw new S3Refusal("InvalidArgument", `x-amz-content-sha256 must be ${expected}`);
}

/** Of those that headers hold, or say to come behind the body. */
function checksumNames(headers: Headers): string[] {
  const behind = headerOf(headers, "x-amz-trailer").toLowerCase().split(",");
  const given = [...Object.keys(headers), ...behind.map((name) => name.trim())];
  const names = given.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  return [...new Set(names)].filter((name) => !besides.has(name));
}

function checksumOf(name: string): Checksum {
  if (Object.hasOwn(checksums, name)) return checksums[name]();
  const known = Object.keys(checksums).join(", ");
  throw new S3Refusal(
    "NotImplemented",
    `the checksum ${excerpt(name, 40)} is not known here: send one of ${known}, or none`,
  );
}

function mismatch(header: string): S3Refusal {
  return new S3Refusal("BadDigest", `the body does not have the checksum that ${header} says`);
}
