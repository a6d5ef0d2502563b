import { createHmac, randomBytes } from "node:crypto";
import { SealedText } from "./sealed-text.ts";

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
/** Greatest session token that is looked at. */
const MAX_TOKEN = 4096;

/**
 * Issues and opens temporary credentials. Nothing is kept: the session token is what it allows, sealed by a key of the server
 * together with its access key, and the secret follows from that key and the access key. So a token that was altered, or
 * put beside another access key, opens as nothing; what is to be revoked is looked up where it is used.
 */
export class UploadTokens {
  readonly #sealed: SealedText;
  readonly #secretKey: Buffer;

  /** @param key secret bytes of the server, 32 of them */
  constructor(key: Uint8Array) {
    this.#sealed = new SealedText(key, "upload token");
    this.#secretKey = createHmac("sha256", key).update("upload secret").digest();
  }

  /** Every call gives other keys, and those of before stay good. */
  issue(grant: UploadGrant): UploadCredentials {
    const letters = [...randomBytes(18)].map((byte) => BASE32[byte % 32]);
    const accessKeyId = PREFIX + letters.join("");
    return {
      accessKeyId,
      secretAccessKey: this.#secretOf(accessKeyId),
      sessionToken: `${accessKeyId}.${this.#sealed.seal(JSON.stringify(grant), accessKeyId)}`,
    };
  }

  /** The credentials that a session token belongs to, and what they allow; undefined for a token that is not ours. */
  open(sessionToken: string): OpenedToken | undefined {
    if (sessionToken.length > MAX_TOKEN) return undefined;
    const [accessKeyId, sealed = "", ...more] = sessionToken.split(".");
    const text = more.length === 0 ? this.#sealed.open(sealed, accessKeyId) : undefined;
    if (text === undefined) return undefined;
    return { ...(JSON.parse(text) as UploadGrant), accessKeyId, secretAccessKey: this.#secretOf(accessKeyId) };
  }

  #secretOf(accessKeyId: string): string {
    return createHmac("sha256", this.#secretKey).update(accessKeyId).digest("base64url");
  }
}
