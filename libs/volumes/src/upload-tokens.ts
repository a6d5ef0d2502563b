import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

/** What a token allows: to write files of one volume, in one folder, until it ends. */
export interface UploadGrant {
  readonly volumeName: string;
  /** Ids are never used again: a volume that is made anew under the name is another one. */
  readonly volumeId: string;
  /** As `folderPathOf` has it. */
  readonly folder: string;
  /** Unix milliseconds. */
  readonly expiresMs: number;
  /** Who has asked for it; "" where nobody was asked. */
  readonly user: string;
  /** Bytes and files of everything that is uploaded with it. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Temporary credentials of the form that S3 clients sign with. */
export interface UploadCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What a session token is found to be. */
export interface OpenedToken extends UploadGrant {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Distinguishes our access keys from any others. */
const PREFIX = "VS";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Greatest session token that is looked at. */
const MAX_TOKEN = 4096;

/**
 * Issues and opens temporary credentials. Nothing is kept: the session token is what it allows, sealed by a key of the server
 * together with its access key, and the secret follows from that key and the access key. So a token that was altered, or
 * put beside another access key, opens as nothing; what is to be revoked is looked up where it is used.
 */
export class UploadTokens {
  readonly #sealKey: Buffer;
  readonly #secretKey: Buffer;

  /** @param key secret bytes of the server, 32 of them */
  constructor(key: Uint8Array) {
    this.#sealKey = createHmac("sha256", key).update("upload token").digest();
    this.#secretKey = createHmac("sha256", key).update("upload secret").digest();
  }

  issue(grant: UploadGrant): UploadCredentials {
    const letters = [...randomBytes(18)].map((byte) => BASE32[byte % 32]);
    const accessKeyId = PREFIX + letters.join("");
    return {
      accessKeyId,
      secretAccessKey: this.#secretOf(accessKeyId),
      sessionToken: `${accessKeyId}.${this.#seal(accessKeyId, JSON.stringify(grant))}`,
    };
  }

  /** The credentials that a session token belongs to, and what they allow; undefined for a token that is not ours. */
  open(sessionToken: string): OpenedToken | undefined {
    if (sessionToken.length > MAX_TOKEN) return undefined;
    const [accessKeyId, sealed = ""] = sessionToken.split(".");
    const text = this.#unseal(accessKeyId, Buffer.from(sealed, "base64url"));
    if (text === undefined) return undefined;
    return { ...(JSON.parse(text) as UploadGrant), accessKeyId, secretAccessKey: this.#secretOf(accessKeyId) };
  }

  #secretOf(accessKeyId: string): string {
    return createHmac("sha256", this.#secretKey).update(accessKeyId).digest("base64url");
  }

  #seal(accessKeyId: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#sealKey, nonce).setAAD(Buffer.from(accessKeyId));
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  #unseal(accessKeyId: string, bytes: Buffer): string | undefined {
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const [nonce, rest] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
    const opened = createDecipheriv("aes-256-gcm", this.#sealKey, nonce, { authTagLength: TAG_BYTES });
    opened.setAAD(Buffer.from(accessKeyId)).setAuthTag(rest.subarray(0, TAG_BYTES));
    try {
      return Buffer.concat([opened.update(rest.subarray(TAG_BYTES)), opened.final()]).toString("utf8");
    } catch {
      return undefined; // Whatever does not open was not sealed here.
    }
  }
}
