import { mapConcurrent } from "@sluice/async";
import type { HeldSketches } from "../cache/held-vectors.ts";
import { MAX_PICKED_BYTES } from "../cache/vector-columns.ts";
import { rowsBetween } from "../row-range.ts";
import type { Candidates, CandidateTask } from "./candidates.ts";
import { asAnswered, isDistance, powerOf } from "./metrics.ts";
import type { ScoreThreads } from "./score-threads.ts";
import type { Search } from "./search.ts";
import { type TieOrder, TopHits } from "./top-hits.ts";

/** Rows that wait, at most: some megabytes of numbers. */
const MOST_WAITING = 64 << 10;
/** Sources whose rows are read at once, `MAX_PICKED_BYTES` each at most. */
const SOURCES_AT_ONCE = 4;

/** Rows that were compared, which tops take. */
export type TakeCandidates = (found: Candidates, source: number) => void;

/**
 * How rows are compared that only sketches were seen of; scores below `floor`, times -1 where more is better, are of no
 * use.
 */
export interface NearRowsDeps {
  readonly comparison: CandidateTask["comparison"];
  readonly floor: number;
  /** For each query, the greatest score, times -1 where more is better, of any use by now. */
  readonly bounds: () => Float64Array;
  readonly threads: ScoreThreads;
  readonly take: TakeCandidates;
}

interface Waiting {
  readonly found: Candidates;
  readonly source: number;
  readonly pick: HeldSketches["pick"];
}

/**
 * Rows whose vectors are not in memory, and that their sketches leave. They wait until all sketches have been looked at: by the worst
 * that the scores of all of them may be, most of those that the first bounds left are none of the best; the rest are read.
 */
export class NearRows {
  readonly #deps: NearRowsDeps;
  readonly #tops: readonly TopHits[];
  readonly #newTops: (() => TopHits) | undefined;
  readonly #power: number;
  readonly #sign: number;
  /** Of each query, the rows with the best of the worst scores that rows may have. */
  #worst: readonly TopHits[] | undefined;
  #waiting: Waiting[] = [];
  #count = 0;

  constructor({ params, after }: Search, limit: number, tops: readonly TopHits[], deps: NearRowsDeps) {
    const { metric, radius, rangeFilter, roundDecimal } = params;
    this.#deps = deps;
    this.#tops = tops;
    this.#power = powerOf(roundDecimal);
    this.#sign = isDistance(metric) ? 1 : -1;
    // Where good rows may be no hits, they say nothing of others.
    const areHits = radius === undefined && rangeFilter === undefined && !after;
    this.#newTops = areHits ? () => new TopHits(limit, isDistance(metric), this.#power, NO_ORDER) : undefined;
  }

  /** As `TopHits.bound`, by what is known of the rows that wait and of hits. */
  bound(query: number): number {
    return this.#worst?.[query].bound ?? Number.POSITIVE_INFINITY;
  }

  /** A hit with its score. */
  see(query: number, score: number): void {
    this.#worst?.[query].add(score, 0, 0);
  }

  /** @throws as `HeldSketches.pick` and `ScoreThreads.candidates` */
  async add(found: Candidates, source: number, pick: HeldSketches["pick"]): Promise<void> {
    this.#waiting.push({ found, source, pick });
    this.#count += found.rows.length;
    if (this.#newTops) this.#seeWorst(found, this.#newTops);
    if (this.#isDue) await this.compare();
  }

  /** Without worst scores, bounds come of hits alone: those are wanted soon, and first of all. */
  get #isDue(): boolean {
    if (this.#count > MOST_WAITING) return true;
    if (this.#newTops) return false;
    return this.#waiting.length >= SOURCES_AT_ONCE || !this.#deps.bounds().every(Number.isFinite);
  }

  #seeWorst({ queries, worst }: Candidates, newTops: () => TopHits): void {
    this.#worst ??= this.#tops.map((top) => {
      const seen = newTops();
      for (const { score } of top.all()) seen.add(score, 0, 0);
      return seen;
    });
    for (let i = 0; i < queries.length; i++)
      if (Number.isFinite(worst[i])) this.#worst[queries[i]].add(asAnswered(worst[i], this.#power), 0, 0);
  }

  /** Reads and compares those that may still be among the best. @throws as `add` */
  async compare(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#count = 0;
    const atMost = this.#deps.bounds();
    // From now on tops have the scores of these rows, which must not count twice.
    this.#worst = undefined;
    const compared = async ({ found, source, pick }: Waiting) => {
      const bounds = this.#deps.bounds().map((bound, query) => Math.min(bound, atMost[query]));
      return { source, all: await this.#compared(found, pick, bounds) };
    };
    for await (const { source, all } of mapConcurrent(waiting, SOURCES_AT_ONCE, compared))
      for (const found of all) this.#deps.take(found, source);
  }

  async #compared(near: Candidates, pick: HeldSketches["pick"], bounds: Float64Array): Promise<readonly Candidates[]> {
    const { comparison, floor, threads } = this.#deps;
    const rows = this.#within(near, bounds);
    const found: Candidates[] = [];
    const atOnce = Math.max(1, Math.floor(MAX_PICKED_BYTES / (4 * comparison.dim)));
    for (let first = 0; first < rows.length; first += atOnce) {
      const picked = rows.subarray(first, first + atOnce);
      const column = await pick(picked);
      const all = rowsBetween(0, picked.length);
      found.push(inRows(await threads.candidates({ comparison, column, rows: all, bounds, floor }), picked));
    }
    return found;
  }

  /** Ascending. */
  #within({ queries, rows, scores }: Candidates, bounds: Float64Array): Uint32Array {
    const left = rows.filter((_, i) => this.#sign * scores[i] <= bounds[queries[i]]);
    return Uint32Array.from(new Set(left)).sort();
  }
}

/** Which of equal scores is better makes no difference to bounds. */
const NO_ORDER: TieOrder = { compareKeys: () => 0, comparePlaces: () => 0 };

/** Of places in a list of rows. */
function inRows(found: Candidates, rows: Uint32Array): Candidates {
  return { ...found, rows: found.rows.map((place) => rows[place]) };
}
