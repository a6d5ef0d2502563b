/** More rows than this are refused by a Milvus. Source: `quotaAndLimits.limits.maxQueryResultWindow`. */
const MAX_ROWS = 16_384;
/** Rows of the first page: how large they are nobody knows. */
const FIRST_ROWS = 256;
/** A page has at most so many times the rows of the last one: large rows may come together. */
const MAX_GROWTH = 4;

/** How many rows to ask for, so that answers have about as many bytes as wished: by those that the last one had. */
export class PageSize {
  readonly #wantedBytes: number;
  #rows = FIRST_ROWS;

  constructor(wantedBytes: number) {
    this.#wantedBytes = wantedBytes;
  }

  /** Rows to ask for next; at least 1. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the size of an answer into account. A peer may answer with more rows than it was asked for. */
  note(rowCount: number, sizeBytes: number): void {
    const fitting = Math.floor((this.#wantedBytes * rowCount) / Math.max(1, sizeBytes));
    this.#rows = Math.max(1, Math.min(MAX_ROWS, MAX_GROWTH * this.#rows, fitting));
  }

  /** An answer was too large. @returns whether fewer rows can be asked for */
  shrink(): boolean {
    if (this.#rows === 1) return false;
    this.#rows = Math.max(1, Math.floor(this.#rows / MAX_GROWTH));
    return true;
  }
}
