import type { JobRecord } from "@sluice/catalog";
import { excerpt } from "@sluice/errors";
import {
  attemptedWebhook,
  deliveredWebhook,
  failedWebhook,
  isEnded,
  isOpenWebhook,
  type JobWebhook,
  MAX_WEBHOOK_ATTEMPTS,
} from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import type { Logger } from "@sluice/telemetry";
import type { JobBook, JobView } from "../jobs/job-book.ts";
import type { RootCoordMetrics } from "../metrics.ts";
import { postWebhook, WebhookRefused } from "./post-webhook.ts";
import { bodyOf, signed } from "./webhook-message.ts";
import { OTHER_KEY, type WebhookTargets } from "./webhook-targets.ts";

// W1. What is to be delivered stands in the job's record from its creation on: a crash loses none.
// W2. An attempt is recorded before it begins: what a process dies of is not tried for ever.
// W3. A message may come twice, when its sender dies before it has recorded the answer; its id is the same then.

/** What webhooks need; `now` is in Unix milliseconds. */
export interface WebhooksDeps {
  readonly book: JobBook;
  readonly targets: WebhookTargets;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics?: RootCoordMetrics;
  /** How often what is due is looked for. */
  readonly intervalMs: number;
}

/** Messages that are on their way at once, and of these to one host: one that is slow keeps no other waiting. */
const CONCURRENCY = 16;
const HOST_CONCURRENCY = 4;
const UNHEARD = "the server ended during the last attempt";

/** Tells of the ends of jobs whom their records name, until each has taken it or too many attempts have failed. */
export class Webhooks implements AsyncDisposable {
  readonly #deps: WebhooksDeps;
  /** Ended jobs of which somebody is still to be told. */
  readonly #open = new Set<JobId>();
  readonly #running = new Map<string, { readonly host: string; readonly done: Promise<void> }>();
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();

  constructor(deps: WebhooksDeps) {
    this.#deps = deps;
    for (const { jobId } of deps.book.records(false)) this.#look(jobId);
    deps.book.onChange((jobId) => this.#look(jobId));
    this.#timer = setInterval(() => this.#tick(), deps.intervalMs);
    this.#tick();
  }

  #look(jobId: JobId): void {
    const job = this.#deps.book.get(jobId)?.job;
    if (job && isEnded(job.state) && job.webhooks?.some(isOpenWebhook)) this.#open.add(jobId);
    else this.#open.delete(jobId);
  }

  #tick(): void {
    const nowMs = this.#deps.now();
    for (const jobId of this.#open)
      for (const webhook of this.#deps.book.get(jobId)?.job.webhooks ?? [])
        if (webhook.nextMs <= nowMs && isOpenWebhook(webhook)) this.#begin(jobId, webhook);
  }

  #begin(jobId: JobId, webhook: JobWebhook): void {
    const key = `${jobId} ${webhook.url}`;
    if (this.#running.has(key) || !this.#hasRoom(webhook)) return;
    const done = this.#attempt(jobId, webhook).then(
      () => this.#ended(key),
      (error) => {
        this.#running.delete(key);
        this.#warn(jobId, webhook, error);
      },
    );
    this.#running.set(key, { host: webhook.host, done });
  }

  /** Its turn is another one's at once. What could not be recorded would be due again, and waits for the timer. */
  #ended(key: string): void {
    this.#running.delete(key);
    if (!this.#closing.signal.aborted) this.#tick();
  }

  #hasRoom({ host }: JobWebhook): boolean {
    const sameHost = [...this.#running.values()].filter((running) => running.host === host).length;
    return this.#running.size < CONCURRENCY && sameHost < HOST_CONCURRENCY;
  }

  async #attempt(jobId: JobId, webhook: JobWebhook): Promise<void> {
    const { now, metrics } = this.#deps;
    if (webhook.attempts >= MAX_WEBHOOK_ATTEMPTS) return this.#failed(jobId, webhook, new Error(UNHEARD));
    const view = await this.#change(jobId, webhook, (before) => attemptedWebhook(before, now()));
    if (!view) return;
    try {
      await this.#post(view, webhook);
    } catch (error) {
      if (!this.#closing.signal.aborted) await this.#failed(jobId, webhook, error as Error);
      return;
    }
    metrics?.webhookAttempted("delivered");
    await this.#change(jobId, webhook, (before) => deliveredWebhook(before, now()));
  }

  async #post(view: JobView, webhook: JobWebhook): Promise<void> {
    const { now, targets } = this.#deps;
    const { jobId } = view.job;
    const url = targets.urlOf(jobId, webhook);
    if (url === undefined) throw new Error(OTHER_KEY);
    const message = signed(`job-${jobId}`, bodyOf(view), targets.secret, now());
    await postWebhook(url, message, targets.addressesOf(url), this.#closing.signal);
  }

  async #failed(jobId: JobId, webhook: JobWebhook, error: Error): Promise<void> {
    this.#deps.metrics?.webhookAttempted("failed");
    this.#warn(jobId, webhook, error);
    const isFinal = error instanceof WebhookRefused && error.isFinal;
    const reason = excerpt(error.message, 300);
    await this.#change(jobId, webhook, (before) => failedWebhook(before, reason, isFinal));
  }

  /** @param about of a job's webhooks the one with the same text for its URL */
  #change(jobId: JobId, about: JobWebhook, next: (webhook: JobWebhook) => JobWebhook): Promise<JobView | undefined> {
    return this.#deps.book.change(jobId, ({ job }) => ({ job: withWebhook(job, about, next) }));
  }

  /** The path of a URL may be what lets a message in. */
  #warn(jobId: JobId, { host: receiver }: JobWebhook, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const about = { jobId: jobId.toString(), receiver };
    this.#deps.log.warn("a receiver was not told of a job's end", { ...about, reason: (error as Error).message });
  }

  /** Gives up what is being sent, and waits until it is: the next rootcoord sends it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }
}

function withWebhook(job: JobRecord, { url }: JobWebhook, next: (webhook: JobWebhook) => JobWebhook): JobRecord {
  return { ...job, webhooks: job.webhooks?.map((webhook) => (webhook.url === url ? next(webhook) : webhook)) };
}
