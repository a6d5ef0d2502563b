import { giveMemory, takeMemory } from "@sluice/async";
import type { ByteSource, RowGroupInfo } from "@sluice/parquet";

/** Read at once; what is no larger costs a request about as much as a few bytes of it do. */
const WINDOW_BYTES = 1 << 20;
/** A window of which less is wanted is not read as a whole. */
const LEAST_SHARE = 1 / 4;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A file of which row groups that lie close together are read by one request: asked for chunk by chunk, groups of a few rows cost a
 * request for each column of each, be they ever so small.
 */
export class NearGroups implements ByteSource {
  readonly #source: ByteSource;
  readonly #windowBytes: number;
  #window: Uint8Array<ArrayBuffer> | undefined;
  #span: Span = { start: 0, end: 0 };

  constructor(source: ByteSource, windowBytes = WINDOW_BYTES) {
    this.#source = source;
    this.#windowBytes = windowBytes;
  }

  get sizeBytes(): number {
    return this.#source.sizeBytes;
  }

  /**
   * Reads the chunks of a group, and of as many behind it as fit, unless they are there. Nobody reads from before the group any more.
   * @param groups in the order in which they are read
   * @param leaves of the columns that are read
   */
  async reach(
    groups: readonly RowGroupInfo[],
    at: number,
    leaves: readonly number[],
    signal: AbortSignal,
  ): Promise<void> {
    if (leaves.length === 0 || holds(this.#span, spanOf(groups[at], leaves).span)) return;
    this.#span = { start: 0, end: 0 };
    const { start, end } = this.#nextWindow(groups, at, leaves);
    if (start === end) return;
    this.#window ??= takeMemory(this.#windowBytes);
    const count = await this.#source.readInto(start, this.#window.subarray(0, end - start), signal);
    this.#span = { start, end: start + count };
  }

  async readInto(start: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    if (!holds(this.#span, { start, end: start + target.length }))
      return await this.#source.readInto(start, target, signal);
    const from = start - this.#span.start;
    target.set(this.#window!.subarray(from, from + target.length));
    return target.length;
  }

  /** Gives its memory back; nothing is under way. */
  close(): void {
    if (this.#window) giveMemory(this.#window);
    this.#window = undefined;
    this.#span = { start: 0, end: 0 };
  }

  /** Empty where one request would be no gain. */
  #nextWindow(groups: readonly RowGroupInfo[], at: number, leaves: readonly number[]): Span {
    let { span, bytes: wanted } = spanOf(groups[at], leaves);
    let chunks = leaves.length;
    for (let i = at + 1; i < groups.length; i++) {
      const next = spanOf(groups[i], leaves);
      const both = { start: Math.min(span.start, next.span.start), end: Math.max(span.end, next.span.end) };
      if (both.end - both.start > this.#windowBytes) break;
      span = both;
      wanted += next.bytes;
      chunks += leaves.length;
    }
    const size = span.end - span.start;
    const isWorth = chunks > 1 && size <= this.#windowBytes && wanted >= size * LEAST_SHARE;
    return isWorth ? span : { start: 0, end: 0 };
  }
}

/** Where the chunks of a group lie, and what they have together. */
function spanOf({ chunks }: RowGroupInfo, leaves: readonly number[]): { readonly span: Span; readonly bytes: number } {
  let [start, end, bytes] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const leaf of leaves) {
    start = Math.min(start, chunks[leaf].start);
    end = Math.max(end, chunks[leaf].end);
    bytes += chunks[leaf].end - chunks[leaf].start;
  }
  return { span: { start, end }, bytes };
}

function holds(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end && outer.end > outer.start;
}
