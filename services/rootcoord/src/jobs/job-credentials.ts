import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { StoredJob } from "@sluice/catalog";
import { type Failure, ImportError } from "@sluice/errors";
import type { Secrets } from "@sluice/object-store";
import type { JobId } from "@sluice/schema";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Of a nonce, as GCM wants it. Source: NIST SP 800-38D. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Credentials of the stores that jobs bring. With a key they stand in the job's record, sealed (AES-256-GCM, bound to the job's
 * id, so that a record's part is good for no other job); without one they are in this process's memory alone, and a job whose
 * rootcoord is gone fails. An ended job keeps none.
 */
export class JobCredentials {
  readonly #key: Buffer | undefined;
  readonly #held = new Map<JobId, Secrets>();

  /** @param key 32 bytes in base64 or hex; undefined = none @throws {Error} for one that is none; it never repeats it */
  constructor(key: string | undefined) {
    this.#key = key === undefined || key === "" ? undefined : parseKey(key);
  }

  /** What the record of the job holds of them; undefined where they are only held here. */
  keep(jobId: JobId, secrets: Secrets): string | undefined {
    this.#held.set(jobId, secrets);
    if (!this.#key) return undefined;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(Buffer.from(String(jobId)));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  }

  /** @throws {ImportError} `job_failed` when they are lost */
  of({ jobId, sources = [], sealedCredentials: sealed }: StoredJob): Secrets {
    const held = this.#held.get(jobId);
    if (held || !sources.some(({ secret }) => secret !== undefined)) return held ?? {};
    if (sealed === undefined) throw new ImportError("job_failed", NOT_KEPT);
    if (!this.#key) throw new ImportError("job_failed", NO_KEY);
    const opened = open(this.#key, jobId, Buffer.from(sealed, "base64"));
    this.#held.set(jobId, opened);
    return opened;
  }

  /** Why the job cannot go on. */
  lost(job: StoredJob): Failure | undefined {
    try {
      this.of(job);
      return undefined;
    } catch (error) {
      return { code: "job_failed", reason: (error as ImportError).reason };
    }
  }

  forget(jobId: JobId): void {
    this.#held.delete(jobId);
  }
}

const AGAIN = "request the import again";
const NOT_KEPT = `the credentials of options.data_source were held in memory only, and the rootcoord that had them is gone: ${AGAIN}; with the setting credentials-key such jobs go on`;
const NO_KEY = `the credentials of options.data_source are sealed with a key that this rootcoord lacks: give the setting credentials-key, and ${AGAIN}`;
const OTHER_KEY = `the credentials of options.data_source are sealed with another credentials-key: ${AGAIN}`;

function open(key: Buffer, jobId: JobId, bytes: Buffer): Secrets {
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(String(jobId)));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString("utf8"));
  } catch {
    throw new ImportError("job_failed", OTHER_KEY);
  }
}

function parseKey(text: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, "hex") : Buffer.from(text, "base64");
  if (key.length === KEY_BYTES) return key;
  throw new Error("setting credentials-key must be 32 bytes in base64 or hex, such as `openssl rand -base64 32` makes");
}
