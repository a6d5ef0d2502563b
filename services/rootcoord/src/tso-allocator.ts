import { composeTso } from "@sluice/schema";

/** Where timestamps begin and what they follow. */
export interface TsoAllocatorOptions {
  /** Every timestamp is greater: the limit that an earlier allocator had saved. */
  readonly floor: bigint;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Hands out strictly increasing hybrid timestamps, close to the clock, whatever the clock does. Pure: who uses it saves a
 * limit ahead, durably, and hands out nothing at or above it, so that a successor that starts from the limit repeats none.
 */
export class TsoAllocator {
  readonly #now: () => number;
  /** The next timestamp is at least this. */
  #next: bigint;

  constructor({ floor, now }: TsoAllocatorOptions) {
    this.#now = now;
    this.#next = floor + 1n;
  }

  /** The first of `count` consecutive timestamps. */
  allocate(count: number): bigint {
    const first = this.peek();
    this.#next = first + BigInt(count);
    return first;
  }

  /** The first of `count` consecutive timestamps below `limit`, whatever the clock says; undefined when so many are not left. */
  allocateBelow(limit: bigint, count: number): bigint | undefined {
    const first = this.#next;
    if (first + BigInt(count) > limit) return undefined;
    this.#next = first + BigInt(count);
    return first;
  }

  /** What `allocate` would answer now. */
  peek(): bigint {
    const clock = composeTso(this.#now());
    if (clock > this.#next) return clock;
    return this.#next;
  }
}
