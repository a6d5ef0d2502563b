/**
 * Memory that many pieces of work share, in bytes: each counts what it is about to hold, and is refused what is not there.
 * @example
 * using share = budget.open();
 * if (!share.resize(request.length)) throw new OverBudget();
 */
export class ByteBudget {
  readonly limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Of all shares together. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A share that holds nothing yet; disposing of it gives back what it holds. */
  open(): ByteShare {
    return new ByteShare((moreBytes) => {
      if (moreBytes > 0 && this.#heldBytes + moreBytes > this.limitBytes) return false;
      this.#heldBytes += moreBytes;
      return true;
    });
  }
}

/** What one piece of work holds of a budget. */
export class ByteShare implements Disposable {
  readonly #change: (moreBytes: number) => boolean;
  #heldBytes = 0;
  #isOpen = true;

  constructor(change: (moreBytes: number) => boolean) {
    this.#change = change;
  }

  /** As it was last resized to. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Makes the share so large; false, with all as it was, when the budget has no more, or the share is closed. */
  resize(bytes: number): boolean {
    if (!this.#isOpen || !this.#change(bytes - this.#heldBytes)) return false;
    this.#heldBytes = bytes;
    return true;
  }

  [Symbol.dispose](): void {
    this.resize(0);
    this.#isOpen = false;
  }
}
