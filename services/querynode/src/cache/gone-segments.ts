import { sleep, Turns } from "@sluice/async";
import { type Client, checkStatus, type dataCoord } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import { segmentOfKey } from "./column-sizes.ts";
import type { SegmentCache } from "./segment-cache.ts";

const INTERVAL_MS = 10_000;
/** Segments of a call. */
const MOST_ASKED = 10_000;

type Kept = Pick<SegmentCache, "keys" | "forget">;
type Known = Pick<Client<dataCoord.DataCoordClient>, "findGoneSegments">;

/**
 * Asks from time to time which segments are there no more of those that something is kept of: of collections and partitions that were
 * dropped, and of segments that others have replaced. Their memory is given back; it would else stay until there is no room for others.
 */
export class GoneSegments implements AsyncDisposable {
  readonly #cache: Kept;
  readonly #data: Known;
  readonly #log: Logger;
  readonly #ends = new AbortController();
  readonly #running: Promise<void>;

  constructor(cache: Kept, data: Known, log: Logger, intervalMs = INTERVAL_MS) {
    this.#cache = cache;
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
        this.#log.debug("which segments have gone is not known; it is asked again", { err: error }),
      );
    }
  }

  async #look(): Promise<void> {
    const turns = new Turns(this.#ends.signal);
    const keys = await this.#keysOfSegments(turns);
    const segmentIds = Array.from(keys.keys(), BigInt);
    for (let from = 0; from < segmentIds.length; from += MOST_ASKED) {
      const answer = await this.#data.findGoneSegments({ segmentIds: segmentIds.slice(from, from + MOST_ASKED) });
      checkStatus(answer.status);
      for (const id of answer.segmentIds) {
        for (const key of keys.get(`${id}`) ?? []) this.#cache.forget(key);
        if (turns.isDue) await turns.next();
      }
    }
  }

  /** There may be a million: others are served meanwhile. */
  async #keysOfSegments(turns: Turns): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const key of this.#cache.keys) {
      const segment = segmentOfKey(key);
      const keys = found.get(segment);
      if (keys) keys.push(key);
      else found.set(segment, [key]);
      if (turns.isDue) await turns.next();
    }
    return found;
  }

  /** Waits for the question that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends.abort();
    await this.#running;
  }
}
