import { wordPoints } from "./ascii-classes.ts";
import type { CodePoints } from "./code-points.ts";
import type { RegexProgram } from "./regex-program.ts";

/** What stands beside a place: nothing, where the text begins or ends, or a character. */
export type Beside = 0 | 1 | 2 | 3;
/** Values of `Beside`: assertions tell characters apart by these alone. */
export const [NOTHING, LINE_BREAK, WORD, OTHER] = [0, 1, 2, 3] as const;

/** Characters that a program never tells apart are one class. */
export class PointClasses {
  readonly count: number;
  readonly ascii: Uint16Array;
  readonly beside: readonly Beside[];
  /** The first code point of each class, ascending. */
  readonly #firsts: Uint32Array;

  constructor({ steps }: RegexProgram) {
    const sets = new Set(steps.flatMap((step) => (step.kind === "take" ? [step.points] : [])));
    const bounds = new Set([0, 10, 11]);
    for (const points of [...sets, wordPoints])
      for (const [first, last] of points) {
        bounds.add(first);
        bounds.add(last + 1);
      }
    this.#firsts = Uint32Array.from(bounds).sort();
    this.count = this.#firsts.length;
    this.ascii = Uint16Array.from({ length: 128 }, (_, point) => this.at(point));
    const words = this.of(wordPoints);
    this.beside = Array.from(this.#firsts, (first, i) => (first === 10 ? LINE_BREAK : words[i] === 1 ? WORD : OTHER));
  }

  /** The class of a code point. */
  at(point: number): number {
    let [low, high] = [0, this.#firsts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#firsts[middle] <= point) low = middle;
      else high = middle;
    }
    return low;
  }

  /** 1 of the classes that lie in a set. */
  of(points: CodePoints): Uint8Array {
    const classes = new Uint8Array(this.count);
    for (const [first, last] of points) classes.fill(1, this.at(first), this.at(last) + 1);
    return classes;
  }
}
