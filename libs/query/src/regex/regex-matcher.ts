import type { CodePoints } from "./code-points.ts";
import { parseRegex } from "./parse-regex.ts";
import { type Beside, LINE_BREAK, NOTHING, OTHER, PointClasses, WORD } from "./point-classes.ts";
import type { Assertion } from "./regex.ts";
import { programOf, type Step } from "./regex-program.ts";

/** Places that are remembered for all states together. */
const MAX_PLACES = 1 << 19;
const MAX_STATES = 500;

/** Steps that the text so far may have led to, and what stood last. */
interface State {
  readonly steps: Uint16Array;
  readonly before: Beside;
  /** By the class of the next character; null: the text matches. Undefined of what is not remembered. */
  readonly next: (State | null | undefined)[] | undefined;
}

/** Answers what reading the pattern took, in ranges of characters. @throws {FilterError} for what is no pattern of RE2, or too large */
export function checkRegex(pattern: string): number {
  const { regex, work } = parseRegex(pattern);
  programOf(regex);
  return work;
}

/**
 * Whether a pattern occurs in texts of UTF-8. All ways through the pattern are followed at once, so that the time is linear in the text
 * whatever they hold; sets of steps that come again are remembered, as far as there is room, so that mostly it is a look into a table
 * for each character.
 */
export class RegexMatcher {
  readonly #steps: readonly Step[];
  /** Where a step goes on: of splits to several steps. */
  readonly #ways: readonly (readonly number[])[];
  readonly #start: number;
  /** Whether the pattern may begin anywhere. */
  readonly #restarts: boolean;
  readonly #classes: PointClasses;
  readonly #taken: readonly (Uint8Array | undefined)[];
  readonly #states = new Map<string, State>();
  readonly #maxStates: number;
  /** Steps that were seen in this round have its number. */
  readonly #seen: Uint32Array;
  #round = 0;
  /** Steps that are still to be looked at, and those found that take a character. */
  readonly #open: Uint16Array;
  readonly #takes: Uint16Array;
  #takeCount = 0;

  /** @throws {FilterError} as `checkRegex` */
  constructor(pattern: string) {
    const program = programOf(parseRegex(pattern).regex);
    const { steps } = program;
    this.#steps = steps;
    this.#ways = steps.map((step) => (step.kind === "split" ? step.ways : step.kind === "done" ? [] : [step.next]));
    this.#start = program.start;
    this.#classes = new PointClasses(program);
    const bySet = new Map<CodePoints, Uint8Array>();
    this.#taken = steps.map((step) => {
      if (step.kind !== "take") return undefined;
      const known = bySet.get(step.points) ?? this.#classes.of(step.points);
      bySet.set(step.points, known);
      return known;
    });
    this.#maxStates = Math.max(64, Math.min(MAX_STATES, Math.floor(MAX_PLACES / this.#classes.count)));
    this.#seen = new Uint32Array(steps.length);
    // Each step is put there once for each way to it, at most.
    this.#open = new Uint16Array(steps.length + this.#ways.reduce((sum, { length }) => sum + length, 0));
    this.#takes = new Uint16Array(steps.length);
    const beside = [LINE_BREAK, WORD, OTHER] as const;
    const leads = (before: Beside, after: Beside) =>
      this.#reaches(Uint16Array.of(this.#start), before, after) || this.#takeCount > 0;
    this.#restarts = beside.some((before) => [NOTHING, ...beside].some((after) => leads(before, after)));
  }

  /** Does the pattern occur in `data[start, end)`? The bytes must be UTF-8. */
  matches(data: Uint8Array, start: number, end: number): boolean {
    const { ascii } = this.#classes;
    let state = this.#state(Uint16Array.of(this.#start), NOTHING);
    for (let at = start; at < end; ) {
      const byte = data[at];
      let found: number;
      if (byte < 0x80) {
        found = ascii[byte];
        at++;
      } else {
        const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
        found = this.#classes.at(pointAt(data, at, length));
        at += length;
      }
      const next = state.next?.[found];
      const following = next === undefined ? this.#follow(state, found) : next;
      if (following === null) return true;
      if (following.steps.length === 0) return false;
      state = following;
    }
    return this.#reaches(state.steps, state.before, NOTHING);
  }

  #state(steps: Uint16Array, before: Beside): State {
    // What has no room is worked out anew each time: names for it would take longer than that.
    if (this.#states.size >= this.#maxStates) return { steps, before, next: undefined };
    const key = `${before} ${steps.slice().sort().join()}`;
    const known = this.#states.get(key) ?? { steps, before, next: [] };
    this.#states.set(key, known);
    return known;
  }

  #follow(state: State, found: number): State | null {
    const after = this.#classes.beside[found];
    const next = this.#reaches(state.steps, state.before, after) ? null : this.#state(this.#behind(found), after);
    if (state.next && (next === null || next.next)) state.next[found] = next;
    return next;
  }

  /** The steps behind those found that take a character of a class, and the first one where the pattern may begin anew. */
  #behind(found: number): Uint16Array {
    const round = this.#nextRound();
    const [seen, next] = [this.#seen, this.#open];
    let count = 0;
    if (this.#restarts) {
      seen[this.#start] = round;
      next[count++] = this.#start;
    }
    for (let i = 0; i < this.#takeCount; i++) {
      const take = this.#takes[i];
      if (this.#taken[take]?.[found] !== 1) continue;
      const [step] = this.#ways[take];
      if (seen[step] === round) continue;
      seen[step] = round;
      next[count++] = step;
    }
    return next.slice(0, count);
  }

  #nextRound(): number {
    if (this.#round === 0xffffffff) {
      this.#seen.fill(0);
      this.#round = 0;
    }
    return ++this.#round;
  }

  /** Looks for what steps lead to without a character: others that take one, and whether that is the end of the pattern, which is answered. */
  #reaches(from: Uint16Array, before: Beside, after: Beside): boolean {
    const round = this.#nextRound();
    const [seen, open] = [this.#seen, this.#open];
    open.set(from);
    let isDone = false;
    this.#takeCount = 0;
    for (let left = from.length; left > 0; ) {
      const at = open[--left];
      if (seen[at] === round) continue;
      seen[at] = round;
      const step = this.#steps[at];
      if (step.kind === "take") this.#takes[this.#takeCount++] = at;
      else if (step.kind === "done") isDone = true;
      else if (step.kind === "split" || holds(step.assertion, before, after))
        for (const way of this.#ways[at]) open[left++] = way;
    }
    return isDone;
  }
}

function holds(assertion: Assertion, before: Beside, after: Beside): boolean {
  switch (assertion) {
    case "textStart":
      return before === NOTHING;
    case "textEnd":
      return after === NOTHING;
    case "lineStart":
      return before === NOTHING || before === LINE_BREAK;
    case "lineEnd":
      return after === NOTHING || after === LINE_BREAK;
    case "wordBoundary":
      return (before === WORD) !== (after === WORD);
    case "noWordBoundary":
      return (before === WORD) === (after === WORD);
  }
}

function pointAt(data: Uint8Array, at: number, length: number): number {
  const low = (i: number) => data[at + i] & 0x3f;
  if (length === 2) return ((data[at] & 0x1f) << 6) | low(1);
  if (length === 3) return ((data[at] & 0x0f) << 12) | (low(1) << 6) | low(2);
  return ((data[at] & 0x07) << 18) | (low(1) << 12) | (low(2) << 6) | low(3);
}
