import type { Turns } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { structNameOf } from "@sluice/schema";
import type { ElementsPredicate } from "./bind/context.ts";
import { compileSelector } from "./evaluate/compile.ts";
import { elementRows } from "./evaluate/elements.ts";
import type { StepSelector } from "./evaluate/selector.ts";
import { sliceEnd } from "./evaluate/slices.ts";

/** Elements of some rows: those of a row end where those of the next one begin. */
export interface FoundElements {
  /** For each row, where its elements end. */
  readonly ends: Uint32Array;
  /** Positions in the arrays, ascending row by row. */
  readonly elements: Uint32Array;
}

/** Which elements of a struct array an `element_filter` means. Free of state. */
export class ElementFilter {
  /** The struct array. */
  readonly struct: string;
  /** Positions in `schema.fields` of the members it reads, ascending. */
  readonly fields: readonly number[];
  readonly #predicate: ElementsPredicate;
  readonly #select: StepSelector;

  constructor(predicate: ElementsPredicate) {
    this.#predicate = predicate;
    this.#select = compileSelector(predicate.inner);
    this.fields = predicate.members.map(({ field }) => field.index).sort((a, b) => a - b);
    this.struct = structNameOf(predicate.members[0].field.schema.name);
  }

  /**
   * The elements of rows that fulfil the condition; of a row whose array is null none.
   * @param columns at least those of `fields`
   * @param rows ascending
   * @throws what the turns throw
   */
  async of(columns: ReadonlyMap<number, Column>, rows: Uint32Array, turns: Turns): Promise<FoundElements> {
    const ends = new Uint32Array(rows.length);
    const parts: Uint32Array[] = [];
    let count = 0;
    for (let first = 0; first < rows.length; ) {
      const rowCount = rows[rows.length - 1] + 1;
      const end = sliceEnd(columns, rows[first], rowCount);
      let last = first + 1;
      while (last < rows.length && rows[last] < end) last++;
      const found = await this.#inTurns(columns, rows.subarray(first, last), turns);
      for (let i = first; i < last; i++) ends[i] = count + found.ends[i - first];
      count += found.elements.length;
      parts.push(found.elements);
      first = last;
    }
    return { ends, elements: joined(parts, count) };
  }

  async #inTurns(columns: ReadonlyMap<number, Column>, rows: Uint32Array, turns: Turns): Promise<FoundElements> {
    const steps = elementRows(this.#predicate, this.#select, columns, rows);
    for (;;) {
      const step = steps.next();
      if (turns.isDue) await turns.next();
      if (step.done) return step.value;
    }
  }
}

function joined(parts: readonly Uint32Array[], count: number): Uint32Array {
  const all = new Uint32Array(count);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
