import { FilterError } from "../filter-error.ts";
import { type CodePoints, together } from "./code-points.ts";
import type { Assertion, Regex } from "./regex.ts";

/** A step of a program; numbers are places of others. */
export type Step =
  | { readonly kind: "take"; readonly points: CodePoints; readonly next: number }
  | { readonly kind: "check"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "split"; ways: readonly number[] }
  | { readonly kind: "done" };

/** Where a text matches one step is taken for each of its characters, in the worst case of all of a program. */
const MAX_STEPS = 300;

/** Steps in any order, and the place of the first. */
export interface RegexProgram {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** @throws {FilterError} for a pattern that is too large when its repetitions are written out */
export function programOf(regex: Regex): RegexProgram {
  const steps = new Steps();
  return { start: steps.compile(regex, 0), steps: steps.all };
}

/** Steps from the last one on: each knows where the text goes on behind it. */
class Steps {
  readonly all: Step[] = [{ kind: "done" }];

  /** Answers where a part begins. @param next the step behind it */
  compile(part: Regex, next: number): number {
    switch (part.kind) {
      case "set":
        return this.#add({ kind: "take", points: part.points, next });
      case "assertion":
        return this.#add({ kind: "check", assertion: part.assertion, next });
      case "all":
        return part.parts.reduceRight((behind, one) => this.compile(one, behind), next);
      case "any":
        return this.#alternatives(part.parts, next);
      case "repeat":
        return this.#repeated(part, next);
    }
  }

  #add(step: Step): number {
    if (this.all.length >= MAX_STEPS)
      throw new FilterError(`the pattern of =~ has more than ${MAX_STEPS} steps, its repetitions written out`);
    return this.all.push(step) - 1;
  }

  /** Single characters are one set: they cost a step together. */
  #alternatives(parts: readonly Regex[], next: number): number {
    const points = parts.flatMap((one) => (one.kind === "set" ? one.points : []));
    if (parts.every(({ kind }) => kind === "set")) return this.#add({ kind: "take", points: together(points), next });
    return this.#add({ kind: "split", ways: parts.map((one) => this.compile(one, next)) });
  }

  #repeated({ part, min, max }: Extract<Regex, { kind: "repeat" }>, next: number): number {
    let at = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { kind: "split" as const, ways: [next] };
      at = this.#add(loop);
      loop.ways = [this.compile(part, at), next];
    } else for (let i = min; i < max; i++) at = this.#add({ kind: "split", ways: [this.compile(part, at), next] });
    for (let i = 0; i < min; i++) at = this.compile(part, at);
    return at;
  }
}
