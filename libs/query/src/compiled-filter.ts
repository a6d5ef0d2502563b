import type { Turns } from "@sluice/async";
import type { Column } from "@sluice/columns";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import type { ElementsPredicate } from "./bind/context.ts";
import { drawn } from "./draw.ts";
import { ElementFilter } from "./element-filter.ts";
import type { RowBatch, StepSelector } from "./evaluate/selector.ts";
import { MAX_SLICE_ROWS, sliceEnd } from "./evaluate/slices.ts";
import { fieldsOf } from "./fields-of.ts";
import type { Predicate } from "./plan.ts";
import { type Candidates, candidatesOf, type KeyRange, rangeOf } from "./prune.ts";

/**
 * A compiled expression: a predicate with the code that narrows rows to those for which it is true. Immutable and free of state, so one
 * may serve any number of segments.
 */
export class Filter {
  /** As given. */
  readonly text: string;
  /** Every row passes, whatever it holds: the text is blank, or folds to true. Such a query needs a limit. */
  readonly isAlwaysTrue: boolean;
  /** No row can pass: the text folds to false. */
  readonly isAlwaysFalse: boolean;
  /** Positions in `schema.fields` of the columns it reads, ascending. */
  readonly fields: readonly number[];
  /** Primary keys outside which no row passes, when the expression lists them (`pk == x`, `pk in [..]`); unordered. */
  readonly primaryKeyCandidates: Candidates | undefined;
  /** Range of primary keys outside which no row passes, both ends included. */
  readonly primaryKeyRange: KeyRange | undefined;
  /** Where elements of a struct array are meant, not rows: those of rows that pass. */
  readonly elements: ElementFilter | undefined;
  readonly #predicate: Predicate;
  readonly #select: StepSelector;
  readonly #part: number | undefined;

  /** @param part of the rows that pass, which `draw` draws; undefined = all @param elements that are meant, in place of rows */
  constructor(
    text: string,
    schema: CollectionSchema,
    predicate: Predicate,
    select: StepSelector,
    part?: number,
    elements?: ElementsPredicate,
  ) {
    this.#part = part;
    this.elements = elements && new ElementFilter(elements);
    const key = primaryKeyIndex(schema);
    this.text = text;
    this.#predicate = predicate;
    this.#select = select;
    this.isAlwaysTrue = predicate.kind === "constant" && predicate.value && part === undefined;
    this.isAlwaysFalse = isNever(predicate);
    this.fields = fieldsOf(predicate);
    this.primaryKeyCandidates = candidatesOf(predicate, key);
    this.primaryKeyRange = rangeOf(predicate, key);
  }

  /** Of rows that pass, once those that nobody sees are left out: what `random_sample` draws of them, or all. */
  draw(rows: Uint32Array): Uint32Array {
    return this.#part === undefined ? rows : drawn(rows, this.#part);
  }

  /** As `primaryKeyCandidates`, of any field: a partition key's values name the partitions to read. */
  candidates(field: number): Candidates | undefined {
    return candidatesOf(this.#predicate, field);
  }

  /**
   * Rows for which the expression is TRUE, ascending. `columns` holds at least those of `fields`, with `rowCount` rows each;
   * rows outside `within` (ascending) are not looked at. The answer is the caller's to keep and to change.
   */
  evaluate(columns: ReadonlyMap<number, Column>, rowCount: number, within?: Uint32Array): Uint32Array {
    const rows = (within ?? placesBelow(rowCount)).slice();
    const steps = this.#select({ columns, rowCount }, rows, rows.length);
    for (;;) {
      const step = steps.next();
      if (step.done) return rows.subarray(0, step.value);
    }
  }

  /**
   * As `evaluate`, over all rows, with turns of the event loop between slices of rows and between the parts of the
   * expression: nobody waits for it longer than one part needs for one slice, which is some milliseconds.
   * @throws what the turns throw, when the call ends
   */
  async evaluateInTurns(columns: ReadonlyMap<number, Column>, rowCount: number, turns: Turns): Promise<Uint32Array> {
    const batch = { columns, rowCount };
    const parts: Uint32Array[] = [];
    const slice = takeSlice();
    for (let from = 0; from < rowCount; ) {
      const to = sliceEnd(columns, from, rowCount);
      const rows = slice.subarray(0, to - from);
      rows.set(placesBelow(rowCount).subarray(from, to));
      const found = await this.#inTurns(batch, rows, turns);
      parts.push(rows.slice(0, found));
      from = to;
    }
    giveSlice(slice);
    return joined(parts);
  }

  /** Narrows the rows of one slice. */
  async #inTurns(batch: RowBatch, slice: Uint32Array, turns: Turns): Promise<number> {
    const steps = this.#select(batch, slice, slice.length);
    for (;;) {
      const step = steps.next();
      if (turns.isDue) await turns.next();
      if (step.done) return step.value;
    }
  }
}

function isNever(predicate: Predicate): boolean {
  return predicate.kind === "isNull"
    ? !predicate.field.schema.nullable
    : predicate.kind === "constant" && !predicate.value;
}

/** Rows of slices that nobody narrows now: memory for all rows, made anew for each part of a segment, costs more than a test of them. */
const spareSlices: Uint32Array[] = [];
/** As many parts as are read at once, mostly. */
const MAX_SPARE_SLICES = 4;

function takeSlice(): Uint32Array {
  return spareSlices.pop() ?? new Uint32Array(MAX_SLICE_ROWS);
}

function giveSlice(slice: Uint32Array): void {
  if (spareSlices.length < MAX_SPARE_SLICES) spareSlices.push(slice);
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** As many as have been asked for at once; copied from, which is faster than to count. */
let places = new Uint32Array(0);

function placesBelow(count: number): Uint32Array {
  if (count > places.length) places = Uint32Array.from({ length: Math.max(count, 2 * places.length) }, (_, row) => row);
  return places.subarray(0, count);
}
