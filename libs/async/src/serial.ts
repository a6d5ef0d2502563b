/**
 * Runs pieces of work one after the other, in the order of the calls; one that fails does not hold up the next.
 * @example await turns.run(() => book.commit(change))
 */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does. */
  run<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
