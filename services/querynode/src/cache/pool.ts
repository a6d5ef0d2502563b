/** A value that was read, or is being read, and who uses it. */
export interface Entry {
  readonly value: Promise<unknown>;
  /** 0 while it is read. */
  sizeBytes: number;
  /** Of a value that has been read. */
  free: (() => void) | undefined;
  holders: number;
  isGone: boolean;
  /** By the count of uses of all values. */
  usedAt: number;
  /** The same of the use before it was read; undefined if none is known. */
  readonly usedBefore: number | undefined;
  /** Whether it stands in for spare ones. */
  readonly standsIn: boolean;
  /** Whether another one stands in for it. */
  isSpare: boolean;
}

/** Values, the least recently used first. */
export class Pool {
  readonly budgetBytes: number;
  readonly entries = new Map<string, Entry>();
  usedBytes = 0;

  constructor(budgetBytes: number) {
    this.budgetBytes = budgetBytes;
  }

  /** It is the most recently used now. */
  use(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
  }

  /** Those that may go for a newcomer, in that order. What is still being read has no size yet and is not let go. */
  *inOrder(newcomer: Pick<Entry, "usedBefore" | "standsIn">): Generator<[string, Entry]> {
    const { usedBefore, standsIn } = newcomer;
    if (standsIn) for (const found of this.entries) if (found[1].isSpare) yield found;
    for (const found of this.entries) {
      const [, one] = found;
      if (one === newcomer || (usedBefore !== undefined && one.usedAt > usedBefore)) return;
      if (one.sizeBytes > 0 && !(standsIn && one.isSpare)) yield found;
    }
  }

  /** Out of the pool; its memory is freed by who takes it, as soon as nobody holds it. */
  take(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.usedBytes -= entry.sizeBytes;
  }
}
