import { MAX_ANSWER_BYTES } from "../answer-fields.ts";
import { refuse } from "./metrics.ts";

/** Of a hit in an answer, at least: a key and a score. */
const LEAST_HIT_BYTES = 12;
/** Of all queries of a search together. */
export const MOST_HITS = Math.floor(MAX_ANSWER_BYTES / LEAST_HIT_BYTES);

/** Refuses so many hits before any of them is looked for. @throws {StatusError} 1100, in Milvus's words */
export function checkHits(count: number): void {
  if (count <= MOST_HITS) return;
  const advice = "ask for fewer hits, those before the offset among them, or search for fewer vectors at once";
  refuse(`search results exceed the maxOutputSize Limit ${MAX_ANSWER_BYTES} (${advice})`);
}

/** Counts the hits that the queries of a search hold together: as soon as their answer would be too large, nobody looks for more. */
export class HeldHits {
  #count: number;

  /** @param count of those that there are already */
  constructor(count = 0) {
    this.#count = count;
  }

  /** One more. @throws as `checkHits` */
  add(): void {
    if (++this.#count > MOST_HITS) checkHits(this.#count);
  }
}
