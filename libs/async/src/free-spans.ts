/** What disks ask of addresses, and what the system gives memory by; spans are whole pages. */
const PAGE_BYTES = 4096;

/** A part of a memory, in bytes. */
interface Span {
  start: number;
  end: number;
}

/** What of one memory is free, in pages: its parts are taken and given back, and those that touch become one. */
export class FreeSpans {
  /** Ascending, none touches the next. */
  readonly #free: Span[];

  /** @param start byte that is the first of all, at a page @param end byte behind the last one */
  constructor(start: number, end: number) {
    this.#free = [{ start, end }];
  }

  /** Where so many bytes begin, or undefined: of the free spans that suffice the smallest, so that pages never used are used last. */
  take(length: number): number | undefined {
    const bytes = wholePages(length);
    const index = this.#smallestFor(bytes);
    if (index < 0) return undefined;
    const span = this.#free[index];
    const { start } = span;
    span.start += bytes;
    if (span.start === span.end) this.#free.splice(index, 1);
    return start;
  }

  /** Takes back what `take` gave, once. */
  give(start: number, length: number): void {
    const freed = { start, end: start + wholePages(length) };
    const after = this.#free.findIndex((span) => span.start >= freed.end);
    const index = after < 0 ? this.#free.length : after;
    const [before, next] = [this.#free[index - 1], this.#free[index]];
    if (next?.start === freed.end) {
      freed.end = next.end;
      this.#free.splice(index, 1);
    }
    if (before?.end === freed.start) before.end = freed.end;
    else this.#free.splice(index, 0, freed);
  }

  /** Index of the smallest free span that has so many bytes, the lowest of equal ones; -1 where none has. */
  #smallestFor(bytes: number): number {
    let [smallest, least] = [-1, Number.POSITIVE_INFINITY];
    for (const [i, { start, end }] of this.#free.entries()) {
      const size = end - start;
      if (size >= bytes && size < least) [smallest, least] = [i, size];
    }
    return smallest;
  }
}

function wholePages(length: number): number {
  return Math.ceil(length / PAGE_BYTES) * PAGE_BYTES;
}
