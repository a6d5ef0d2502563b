import type { JobRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { CollectionId, JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { JobBook } from "./job-book.ts";

/** Records the jobs that users request, each once, however often its request comes. */
export class RequestedJobs {
  readonly #book: JobBook;
  readonly #log: Logger;

  constructor(book: JobBook, log: Logger) {
    this.#book = book;
    this.#log = log;
  }

  /**
   * The job that a request with this key has led to before; none for "".
   * @param digest of what is requested
   * @throws {ImportError} `request_invalid` for a key that is none, or that another request has used
   */
  async findEarlier(collectionId: CollectionId, key: string, digest: string): Promise<JobId | undefined> {
    if (key === "") return undefined;
    if (!/^[\x20-\x7e]{1,256}$/.test(key))
      throw new ImportError("request_invalid", "the idempotency key must be printable ASCII of at most 256 bytes");
    const earlier = await this.#book.idOfKey(collectionId, key);
    return earlier === undefined ? undefined : this.#checkedEarlier(earlier, digest);
  }

  /** The answer to a request that was made before. Another request with its key would be lost without a word. */
  #checkedEarlier(earlier: JobId, digest: string): JobId {
    const job = this.#book.get(earlier)?.job;
    // Without a record: cleared away meanwhile.
    if (!job || job.requestDigest === digest) return earlier;
    throw new ImportError(
      "request_invalid",
      `the idempotency key was used before, for ${job.kind} job ${earlier} of other files, options or another partition: use a new key`,
    );
  }

  /** Records a job and answers its id, or that of the one which another request with its key has made at the same moment. */
  async create(job: JobRecord): Promise<JobId> {
    const { collectionId, collectionName, groups, kind, jobId, idempotencyKey: key, requestDigest } = job;
    if (await this.#book.create(job)) {
      this.#log.info(`${kind} job submitted`, { jobId: jobId.toString(), collectionName, groups: groups.length });
      return jobId;
    }
    const winner = key === "" ? undefined : await this.#book.idOfKey(collectionId, key);
    if (winner !== undefined) return this.#checkedEarlier(winner, requestDigest);
    throw new ImportError("internal", `job id ${jobId} is taken`);
  }
}
