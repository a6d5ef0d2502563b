/** What several wait for, of whom each looks for himself whether it is what he needs. */
export class Bell {
  #waiting: (() => void)[] = [];

  /** Wakes all who wait now. */
  ring(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when it is rung the next time. */
  rung(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
