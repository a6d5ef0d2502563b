/** How pieces of work go together. */
export interface BatchesOptions<T, R> {
  /** Does pieces of work together; an answer for each. What it throws is the answer of all. */
  readonly run: (items: readonly T[]) => Promise<readonly (R | Promise<R>)[]>;
  /** Batches under way at once: what comes meanwhile waits for one to end. 1 unless given. */
  readonly concurrency?: number;
  /** How many of those that wait, from the first on, may go together: 1 at least. All unless given. */
  readonly fitting?: (waiting: readonly T[]) => number;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly answer: PromiseWithResolvers<R>;
}

/**
 * Work that costs as much for many as for one, such as a call: what comes while others are under way goes together as soon as
 * these have ended. Nothing waits where nothing is under way.
 * @example
 * const reads = new Batches({ run: (keys: readonly string[]) => readAll(keys) });
 * const entry = await reads.add("a");
 */
export class Batches<T, R> {
  readonly #options: BatchesOptions<T, R>;
  #waiting: Waiting<T, R>[] = [];
  #underWay = 0;
  #isAsked = false;

  constructor(options: BatchesOptions<T, R>) {
    this.#options = options;
  }

  /** @throws what doing it throws */
  add(item: T): Promise<R> {
    const answer = Promise.withResolvers<R>();
    this.#waiting.push({ item, answer });
    this.#ask();
    return answer.promise;
  }

  /** Behind what is being said now: those who ask at the same moment go together. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      while (this.#waiting.length > 0 && this.#underWay < (this.#options.concurrency ?? 1)) void this.#send();
    });
  }

  async #send(): Promise<void> {
    const { run, fitting } = this.#options;
    const count = fitting ? fitting(this.#waiting.map(({ item }) => item)) : this.#waiting.length;
    const batch = this.#waiting.splice(0, Math.max(1, count));
    this.#underWay++;
    try {
      const answers = await run(batch.map(({ item }) => item));
      for (const [i, { answer }] of batch.entries()) answer.resolve(answers[i]);
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    } finally {
      this.#underWay--;
      this.#ask();
    }
  }
}
