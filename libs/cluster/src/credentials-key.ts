import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Of a nonce, as GCM wants it. Source: NIST SP 800-38D. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The operator's key for credentials that users bring: they stand in records, and travel between processes, sealed with it. */
export class CredentialsKey {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param text 32 bytes in base64 or hex; undefined or empty = none @throws {Error} for one that is none; it never repeats it */
  static of(text: string | undefined): CredentialsKey | undefined {
    if (text === undefined || text === "") return undefined;
    const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : Buffer.from(text, "base64");
    if (key.length === KEY_BYTES) return new CredentialsKey(key);
    throw new Error(
      "setting credentials-key must be 32 bytes in base64 or hex, such as `openssl rand -base64 32` makes",
    );
  }

  /** In base64; each time another one. @param owner what it belongs to: for nothing else can it be opened */
  seal(text: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  }

  /** Undefined for what was sealed with another key, for another owner, or was changed since. */
  open(sealed: string, owner: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64");
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      // Shorter tags would be guessed sooner.
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}
