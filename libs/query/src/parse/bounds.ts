import { isList, type TemplateValue } from "../constant.ts";
import { FilterError } from "../filter-error.ts";

/** Longest expression: 400 000 ids of 19 digits. Parsing it takes some hundred milliseconds, in one piece. */
export const MAX_CHARACTERS = 8 << 20;
/** Operands of all ANDs and ORs: each takes memory of its own, a value of a list takes nearly none. */
const MAX_TERMS = 65_536;
/** Values of all lists. */
const MAX_VALUES = 1 << 20;
/** Parentheses, lists, calls and unary operators within each other. */
const MAX_NESTING = 512;
/** The binary operators between two parentheses recurse too: two a level are usual (`a or (b and (...`), all twelve possible. */
const MAX_RECURSION = 2 * MAX_NESTING + 32;
/** Longest way down a tree: bounds the recursion of everything that walks one. */
const MAX_HEIGHT = MAX_NESTING + 32;

/** What one expression has used of what is allowed. All that it refuses ends in a {@link FilterError} at `start`. */
export class Bounds {
  #nesting = 0;
  #recursion = 0;
  #terms = 0;
  #values = 0;

  /** A binary operator within another, or within parentheses; `leave` must follow. */
  enter(start: number): void {
    if (++this.#recursion > MAX_RECURSION) tooDeep(start);
  }

  /** The end of what `enter` began. */
  leave(): void {
    this.#recursion--;
  }

  /** Parentheses, a list, a call or a unary operator; `unnest` must follow. */
  nest(start: number): void {
    if (++this.#nesting > MAX_NESTING) tooDeep(start);
  }

  /** The end of what `nest` began. */
  unnest(): void {
    this.#nesting--;
  }

  /** @param height as a node's, which chains without parentheses let grow too */
  checkHeight(height: number, start: number): void {
    if (height > MAX_HEIGHT) tooDeep(start);
  }

  /** One more operand of an AND or OR. */
  addTerm(start: number): void {
    const advice = "use 'in' for many values of one field";
    if (++this.#terms > MAX_TERMS)
      throw new FilterError(`expression joins more than ${MAX_TERMS} terms: ${advice}`, start);
  }

  /** One more value of a list. */
  addValue(start: number): void {
    if (++this.#values > MAX_VALUES) refuseValues(start);
  }
}

function tooDeep(start: number): never {
  throw new FilterError(`expression is nested too deeply: more than ${MAX_NESTING} levels`, start);
}

function refuseValues(start?: number): never {
  throw new FilterError(`expression has more than ${MAX_VALUES} values in lists`, start);
}

/** @throws {FilterError} for values that are too many for one expression */
export function checkTemplates(templates: Iterable<TemplateValue>): void {
  let left = MAX_VALUES;
  const count = (value: TemplateValue): void => {
    if (!isList(value)) return;
    left -= value.length;
    if (left < 0) refuseValues();
    for (const item of value) count(item);
  };
  for (const value of templates) count(value);
}
