import { MAX_ANSWER_BYTES } from "../answer-fields.ts";
import { refuse } from "./metrics.ts";

/** Of a hit in an answer, at least: a key and a score. */
const LEAST_HIT_BYTES = 12;
const MOST_HITS = Math.floor(MAX_ANSWER_BYTES / LEAST_HIT_BYTES);

/** Counts the hits that the queries of a search hold together: as soon as their answer would be too large, nobody looks for more. */
export class HeldHits {
  #left: number;

  constructor(most = MOST_HITS) {
    this.#left = most;
  }

  /** One more. @throws {StatusError} 1100, in Milvus's words */
  add(): void {
    if (this.#left-- > 0) return;
    refuse(
      `search results exceed the maxOutputSize Limit ${MAX_ANSWER_BYTES} (ask for fewer hits, those before the offset among them, or search for fewer vectors at once)`,
    );
  }
}
