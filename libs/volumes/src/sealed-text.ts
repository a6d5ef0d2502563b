import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Text that only holders of a key read, or could have written; a key of its own for each use. */
export class SealedText {
  readonly #key: Buffer;

  /** @param use what the text is for: what was sealed for another use opens as nothing */
  constructor(key: Uint8Array, use: string) {
    this.#key = createHmac("sha256", key).update(use).digest();
  }

  /** @param beside what has to be told again for it to open */
  seal(text: string, beside = ""): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(beside));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** Undefined for what was not sealed so, letter by letter: bits that the last letter does not need are no second text. */
  open(sealed: string, beside = ""): string | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== sealed) return undefined;
    const [nonce, rest] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
    const opened = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: TAG_BYTES });
    opened.setAAD(Buffer.from(beside)).setAuthTag(rest.subarray(0, TAG_BYTES));
    try {
      return Buffer.concat([opened.update(rest.subarray(TAG_BYTES)), opened.final()]).toString("utf8");
    } catch {
      return undefined; // Whatever does not open was not sealed here.
    }
  }
}
