/** Room in bytes that pieces of work share: each waits until there is room for it, in the order in which they ask. */
export class WeightedSlots {
  readonly #limitBytes: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Resolves when there is room; disposing of it gives it back. What is larger than all there is waits until it is alone. */
  async take(bytes: number): Promise<Disposable> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) this.#heldBytes += bytes;
    else await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
    return { [Symbol.dispose]: () => this.#release(bytes) };
  }

  #fits(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#limitBytes;
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#heldBytes += next.bytes;
      next.enter();
    }
  }
}
