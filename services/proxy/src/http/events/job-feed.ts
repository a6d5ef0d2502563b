import { sleep } from "@sluice/async";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { ProxyContext } from "../../context.ts";

/** Changes that come closer together are one. */
const BATCH_MS = 250;
const WAIT_MS = 10_000n;
const RETRY_MS = 1000;

/** Who wants to know what becomes of jobs. */
export interface JobFollower {
  readonly onChanged: (jobs: readonly rootCoord.JobEntry[]) => void;
  /** Changes may have been missed: what is known is to be asked for anew. */
  readonly onReset: () => void;
}

/** Changes of jobs, asked for once for all who follow them, as long as somebody does. */
export class JobFeed implements Disposable {
  readonly #context: ProxyContext;
  readonly #log: Logger;
  readonly #followers = new Set<JobFollower>();
  readonly #closing = new AbortController();
  #isRunning = false;

  constructor(context: ProxyContext, log: Logger) {
    this.#context = context;
    this.#log = log;
  }

  /** Tells of every change from now on, until what this answers is called. */
  follow(follower: JobFollower): () => void {
    this.#followers.add(follower);
    if (!this.#isRunning) void this.#run();
    return () => void this.#followers.delete(follower);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let [epoch, sequence] = ["", 0n];
    while (this.#followers.size > 0 && !this.#closing.signal.aborted) {
      try {
        const changed = await this.#changedSince(epoch, sequence);
        for (const { onReset, onChanged } of this.#followers)
          if (changed.epoch === epoch) onChanged(changed.jobs);
          else onReset();
        [epoch, sequence] = [changed.epoch, changed.sequence];
        await sleep(BATCH_MS, this.#closing.signal);
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        this.#log.warn("changes of jobs cannot be followed for now", { err: error });
        await sleep(RETRY_MS, this.#closing.signal);
      }
    }
    this.#isRunning = false;
  }

  async #changedSince(epoch: string, sequence: bigint): Promise<rootCoord.ChangedJobsResponse> {
    const { signal } = this.#closing;
    const changed = await this.#context.root.changedJobs({ epoch, sequence, waitMs: WAIT_MS }, { signal });
    checkStatus(changed.status);
    return changed;
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }
}
