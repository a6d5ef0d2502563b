import { sleep } from "@sluice/async";
import { type Client, checkStatus, type dataCoord } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { SegmentRows } from "../segment-rows.ts";

const INTERVAL_MS = 10_000;
/** Segments of a call. */
const MOST_ASKED = 10_000;

type Kept = Pick<SegmentRows, "cachedSegments" | "forget">;
type Known = Pick<Client<dataCoord.DataCoordClient>, "findGoneSegments">;

/**
 * Asks from time to time which segments are there no more of those that something is kept of: of collections and partitions that were
 * dropped, and of segments that others have replaced. Their memory is given back; it would else stay until there is no room for others.
 */
export class GoneSegments implements AsyncDisposable {
  readonly #rows: Kept;
  readonly #data: Known;
  readonly #log: Logger;
  readonly #ends = new AbortController();
  readonly #running: Promise<void>;

  constructor(rows: Kept, data: Known, log: Logger, intervalMs = INTERVAL_MS) {
    this.#rows = rows;
    this.#data = data;
    this.#log = log;
    this.#running = this.#run(intervalMs);
  }

  async #run(intervalMs: number): Promise<void> {
    const { signal } = this.#ends;
    for (;;) {
      await sleep(intervalMs, signal, { ref: false });
      if (signal.aborted) return;
      await this.#look().catch((error: unknown) =>
        this.#log.debug("which segments have gone is not known; it is asked again", { error }),
      );
    }
  }

  async #look(): Promise<void> {
    const kept = [...this.#rows.cachedSegments];
    for (let from = 0; from < kept.length; from += MOST_ASKED) {
      const answer = await this.#data.findGoneSegments({ segmentIds: kept.slice(from, from + MOST_ASKED) });
      checkStatus(answer.status);
      if (answer.segmentIds.length > 0) this.#rows.forget(new Set(answer.segmentIds));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends.abort();
    await this.#running;
  }
}
