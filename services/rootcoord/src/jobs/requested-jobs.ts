import { nextTurn } from "@sluice/async";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { next } from "@sluice/jobs";
import { type common, okStatus } from "@sluice/rpc";
import type { CollectionId, JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import { OTHER_KEY, WebhookTargets } from "../webhooks/webhook-targets.ts";
import type { JobBook } from "./job-book.ts";

/** The tasks of a new job, where they follow from its request alone; else none. */
export type PlanAtOnce = (job: JobRecord) => Promise<readonly TaskRecord[]>;

/** Records the jobs that users request, each once, however often its request comes. */
export class RequestedJobs {
  readonly #book: JobBook;
  readonly #log: Logger;
  readonly #webhooks: WebhookTargets;
  readonly #plan: PlanAtOnce;

  /** @param plan jobs that it gives tasks are recorded with these, and need no look of the loop to be cut into tasks */
  constructor(book: JobBook, log: Logger, webhooks = new WebhookTargets({}), plan: PlanAtOnce = async () => []) {
    this.#book = book;
    this.#log = log;
    this.#webhooks = webhooks;
    this.#plan = plan;
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

  /**
   * The status of the answer that tells a job's id. Who repeats a request gets the job that it has led to, also one that has failed: a
   * client that goes by the id alone would wait for what does not come. Of a job that is new, or well, there is nothing to say.
   */
  statusOf(jobId: JobId | 0n): common.Status {
    const job = jobId === 0n ? undefined : this.#book.get(jobId)?.job;
    if (job?.state !== "failed") return okStatus();
    const cure =
      job.kind === "import" ? "have it done again (retry), or use a new key" : "use a new key to have it done again";
    const text = `the idempotency key belongs to ${job.kind} job ${jobId}, which has failed: ${cure}`;
    return { ...okStatus(), extraInfo: { warnings: text } };
  }

  /** A job with whom its end is to be told to. @param webhook asked for by an option @throws {ImportError} as `WebhookTargets.check` */
  withWebhooks(job: JobRecord, webhook?: string): JobRecord {
    if (webhook !== undefined) this.#webhooks.check(webhook);
    const webhooks = this.#webhooks.of(job.jobId, webhook === undefined ? [] : [webhook]);
    return webhooks.length === 0 ? job : { ...job, webhooks };
  }

  /**
   * A job that does again what another one did: whoever was to be told of that one is told of this one.
   * @throws {ImportError} `request_invalid` when it is not known any more who that is
   */
  retold({ jobId, webhooks: before = [] }: JobRecord, job: JobRecord): JobRecord {
    const asked = before.map((webhook) => this.#webhooks.urlOf(jobId, webhook));
    if (asked.includes(undefined))
      throw new ImportError("request_invalid", `job ${jobId}: ${OTHER_KEY}; import its files by a new request`);
    const webhooks = this.#webhooks.of(job.jobId, asked as string[]);
    return webhooks.length === 0 ? job : { ...job, webhooks };
  }

  /** Records a job and answers its id, or that of the one which another request with its key has made at the same moment. */
  async create(job: JobRecord): Promise<JobId> {
    const { collectionId, collectionName, groups, kind, jobId, idempotencyKey: key, requestDigest } = job;
    await nextTurn();
    const tasks = await this.#plan(job);
    const planned = tasks.length > 0 ? next(job, [], { kind: "planned", tasks }) : undefined;
    if (await this.#book.create(planned?.job ?? job, [], planned?.tasks)) {
      this.#log.info(`${kind} job submitted`, { jobId: jobId.toString(), collectionName, groups: groups.length });
      return jobId;
    }
    const winner = key === "" ? undefined : await this.#book.idOfKey(collectionId, key);
    if (winner !== undefined) return this.#checkedEarlier(winner, requestDigest);
    throw new ImportError("internal", `job id ${jobId} is taken`);
  }
}
