import type { Logger } from "@sluice/telemetry";
import type { DataCoordClient } from "../data-coord.ts";
import type { HandedOver } from "./handed-over.ts";

/** What a queue has lost can wait: for five ticks, and where many tasks wait, for long enough that asking costs little. */
const TICKS_PER_COMPARISON = 5;
const TASKS_PER_TICK = 1000;

/** Tasks that were handed over and that nobody has any more, for a queue may lose them. */
export class LostTasks {
  readonly #sent: HandedOver;
  readonly #dataCoord: DataCoordClient;
  readonly #log: Logger;
  readonly #closing: AbortSignal;
  /** Of the last comparison; only a change is told. */
  #knowsQueue = true;
  #ticksToComparison = 0;

  /** @param sent tasks that the datacoord has, for all that is known @param closing aborts when it may be gone */
  constructor(
    sent: HandedOver,
    { dataCoord, log }: { readonly dataCoord: DataCoordClient; readonly log: Logger },
    closing: AbortSignal,
  ) {
    this.#sent = sent;
    this.#dataCoord = dataCoord;
    this.#log = log;
    this.#closing = closing;
  }

  /** Now and then forgets that they were handed over: the next pass of their jobs hands them over again. */
  tick(): void {
    if (this.#ticksToComparison-- > 0) return;
    const sent = this.#sent.taskIds;
    this.#ticksToComparison = Math.max(TICKS_PER_COMPARISON, sent.length / TASKS_PER_TICK) - 1;
    this.#dataCoord.queuedTasks(this.#closing).then(
      (queued) => {
        if (!this.#knowsQueue) this.#log.info("the datacoord says again what is queued");
        this.#knowsQueue = true;
        this.#sent.forget(sent.filter((taskId) => !queued.has(taskId)));
        for (const taskId of queued) this.#sent.add(taskId);
      },
      (error) => {
        if (this.#closing.aborted || !this.#knowsQueue) return;
        this.#knowsQueue = false;
        this.#log.warn("the datacoord does not say what is queued", { err: error });
      },
    );
  }
}
