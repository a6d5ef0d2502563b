import type { StoredJob } from "@sluice/catalog";
import type { CredentialsKey } from "@sluice/cluster";
import { type Failure, ImportError } from "@sluice/errors";
import type { Secrets } from "@sluice/object-store";
import type { JobId } from "@sluice/schema";

/**
 * Credentials of the stores that jobs bring. With a key they stand in the job's record, sealed (AES-256-GCM, bound to the job's
 * id, so that a record's part is good for no other job); without one they are in this process's memory alone, and a job whose
 * rootcoord is gone fails. An ended job keeps none.
 */
export class JobCredentials {
  readonly #key: CredentialsKey | undefined;
  readonly #held = new Map<JobId, Secrets>();

  constructor(key: CredentialsKey | undefined) {
    this.#key = key;
  }

  /** What the record of the job holds of them; undefined where they are only held here. */
  keep(jobId: JobId, secrets: Secrets): string | undefined {
    this.#held.set(jobId, secrets);
    return this.#key?.seal(JSON.stringify(secrets), String(jobId));
  }

  /** Those of an attempt on their way to the datanode that makes it: sealed for it alone, where there is a key. */
  inOrder(secrets: Secrets, owner: string): { readonly secrets: string; readonly sealedSecrets: string } {
    const text = JSON.stringify(secrets);
    if (!this.#key || Object.keys(secrets).length === 0) return { secrets: text, sealedSecrets: "" };
    return { secrets: "", sealedSecrets: this.#key.seal(text, owner) };
  }

  /** @throws {ImportError} `job_failed` when they are lost */
  of({ jobId, kind, sources = [], sealedCredentials: sealed }: StoredJob): Secrets {
    const held = this.#held.get(jobId);
    if (held || !sources.some(({ secret }) => secret !== undefined)) return held ?? {};
    if (sealed === undefined) throw new ImportError("job_failed", lost(kind).notKept);
    if (!this.#key) throw new ImportError("job_failed", lost(kind).noKey);
    const text = this.#key.open(sealed, String(jobId));
    if (text === undefined) throw new ImportError("job_failed", lost(kind).otherKey);
    const opened: Secrets = JSON.parse(text);
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

  /** Of what memory holds; a sealed part of a record goes with the job's end. */
  forget(jobId: JobId): void {
    this.#held.delete(jobId);
  }
}

/** Why credentials are not there, in words for the kind of job that brought them. */
function lost(kind: string) {
  const what = kind === "copy" ? "credentials of the other service" : "credentials of options.data_source";
  const again = `request the ${kind} again`;
  return {
    notKept: `the ${what} were held in memory only, and the rootcoord that had them is gone: ${again}; with the setting credentials-key or internal-secret such jobs go on`,
    noKey: `the ${what} are sealed with a key that this rootcoord lacks: give the setting credentials-key or internal-secret, and ${again}`,
    otherKey: `the ${what} are sealed with another credentials-key or internal-secret: ${again}`,
  };
}
