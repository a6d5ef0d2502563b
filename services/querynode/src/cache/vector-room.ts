import { Serial } from "@sluice/async";
import type { KeptValues } from "./kept-values.ts";
import { type VectorBlock, VectorMemory } from "./vector-memory.ts";

/** Smaller ones are compared where they are, in ordinary memory. */
const SHARED_FROM_BYTES = 64 << 10;

/** What lies in a block of the memory that threads share; in ordinary memory without. */
export interface Placed<T> {
  readonly of: T;
  readonly block: VectorBlock | undefined;
}

/** Room in the memory that threads share, for what is kept there and what is being read. */
export class VectorRoom {
  readonly #kept: KeptValues;
  readonly #memoryBytes: number;
  readonly #line = new Serial();
  #memory: VectorMemory | undefined;

  /** @param kept whose idle values make room */
  constructor(kept: KeptValues, memoryBytes: number) {
    this.#kept = kept;
    this.#memoryBytes = memoryBytes;
  }

  /** Reserved by the first who needs it. */
  get memory(): VectorMemory {
    return (this.#memory ??= new VectorMemory(this.#memoryBytes));
  }

  /** Waits for room. Undefined where ordinary memory does: for little, and for more than there is. */
  async take(length: number): Promise<VectorBlock | undefined> {
    if (length < SHARED_FROM_BYTES || !this.memory.fits(length)) return undefined;
    // In a line: what is free would else go to whoever wants least, again and again.
    return this.#line.run(async () => {
      for (;;) {
        const block = this.takeNow(length);
        if (block) return block;
        await this.#kept.released.rung();
      }
    });
  }

  /** Undefined where there is none without waiting. */
  takeNow(length: number): VectorBlock | undefined {
    let block = this.memory.take(length);
    while (!block && this.#kept.dropIdle()) block = this.memory.take(length);
    return block;
  }

  /** Whoever waits for room looks again. */
  give(block: VectorBlock): void {
    this.memory.give(block);
    this.#kept.released.ring();
  }
}
