import { excerpt, ImportError } from "@sluice/errors";
import { isRollingBack, type JobOrder, jobOrders, next, verdictOnOrder } from "@sluice/jobs";
import type { rootCoord } from "@sluice/rpc";
import { type JobId, jobId } from "@sluice/schema";
import type { JobBook } from "./job-book.ts";

/** What users tell jobs to do. */
export class JobControl {
  readonly #book: JobBook;
  readonly #now: () => number;
  constructor(book: JobBook, now: () => number) {
    this.#book = book;
    this.#now = now;
  }

  /**
   * Answers when the order is carried out; the rows of a rolled-back job are invisible then.
   * @throws {ImportError} in Milvus's words when there is no such job; `request_invalid` for what its state does not allow
   */
  async order({ jobId: id, order }: rootCoord.OrderJobRequest): Promise<void> {
    const known = jobOrders.find((name) => name === order);
    if (!known) throw new ImportError("internal", `no job knows the order "${excerpt(order)}"`);
    const job = jobId(id);
    await this.#change(job, known);
    if (known === "rollback") await this.#isRolledBack(job);
  }

  async #change(id: JobId, order: JobOrder): Promise<void> {
    let refusal: string | undefined;
    const view = await this.#book.change(id, ({ job, tasks }) => {
      const verdict = verdictOnOrder(job, order);
      refusal = typeof verdict === "object" ? verdict.refusal : undefined;
      return verdict === "do" ? next(job, tasks, { kind: "ordered", order, nowMs: this.#now() }) : undefined;
    });
    if (!view) throw new ImportError("internal", `import job does not exist, jobID=${id}`);
    if (refusal !== undefined) throw new ImportError("request_invalid", `${view.job.kind} job ${id} ${refusal}`);
  }

  /** The loop carries it out. @throws {ImportError} `request_invalid` when its rows are not as it made them any more */
  async #isRolledBack(id: JobId): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#book.onChange((changed) => changed === id && !this.#isUnderWay(id) && resolve());
    if (this.#isUnderWay(id)) await promise;
    stop();
    const refusal = this.#book.get(id)?.job.rollback?.refusal;
    if (!refusal) return;
    const reason = `import job ${id} cannot be rolled back: its rows were written anew since, beside others (${refusal.reason})`;
    throw new ImportError("request_invalid", reason);
  }

  #isUnderWay(id: JobId): boolean {
    const job = this.#book.get(id)?.job;
    return job !== undefined && isRollingBack(job);
  }
}
