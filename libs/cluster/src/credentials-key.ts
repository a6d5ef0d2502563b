import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Of a nonce, as GCM wants it. Source: NIST SP 800-38D. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Between what was sealed with different keys; not of base64. */
const SEPARATOR = ".";

/** The operator's key for credentials that users bring: they stand in records, and travel between processes, sealed with it. */
export class CredentialsKey {
  readonly #keys: readonly Buffer[];

  private constructor(keys: readonly Buffer[]) {
    this.#keys = keys;
  }

  /**
   * @param texts 32 bytes in base64 or hex each; none, or an empty one = none. Several: what is sealed can be opened with any of them
   * @throws {Error} for one that is none; it never repeats it
   */
  static of(...texts: readonly (string | undefined)[]): CredentialsKey | undefined {
    const keys = texts.filter((text) => text !== undefined && text !== "").map((text) => keyOf(text as string));
    return keys.length === 0 ? undefined : new CredentialsKey(keys);
  }

  /** Once for each key, in base64; each time another one. @param owner what it belongs to: for nothing else can it be opened */
  seal(text: string, owner: string): string {
    return this.#keys.map((key) => sealWith(key, text, owner)).join(SEPARATOR);
  }

  /** Undefined for what was sealed with other keys, for another owner, or was changed since. */
  open(sealed: string, owner: string): string | undefined {
    for (const part of sealed.split(SEPARATOR))
      for (const key of this.#keys) {
        const text = openWith(key, Buffer.from(part, "base64"), owner);
        if (text !== undefined) return text;
      }
    return undefined;
  }
}

function keyOf(text: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : Buffer.from(text, "base64");
  if (key.length === KEY_BYTES) return key;
  throw new Error("setting credentials-key must be 32 bytes in base64 or hex, such as `openssl rand -base64 32` makes");
}

function sealWith(key: Buffer, text: string, owner: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

function openWith(key: Buffer, bytes: Buffer, owner: string): string | undefined {
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    // Shorter tags would be guessed sooner.
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(owner));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}
