import { keepFloatsWithin } from "@sluice/kernels";
import { DataType } from "@sluice/schema";
import { doubleArithmetic } from "../bind/fold.ts";
import type { FloatArithmetic, Predicate } from "../plan.ts";
import { DoubleSet } from "./double-set.ts";
import { dropNulls, fixedColumn, floats, isRun, type Selector } from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** Float and Double columns. Arithmetic on a Float is rounded to float32, as its operand and the compared value are. */
export function floatSelector({ field, low, high, arithmetic }: Leaf<"float">, wanted: boolean): Selector {
  const single = field.schema.dataType === DataType.Float;
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const known = dropNulls(column, rows, count);
    const values = floats(column, batch.rowCount);
    if (arithmetic) return keepComputed(values, arithmetic, single, low, high, wanted, rows, known);
    return keepBetween(values, low, high, wanted, rows, known);
  };
}

type Floats = Float32Array | Float64Array;

function keepBetween(
  values: Floats,
  low: number,
  high: number,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  if (isRun(rows, count)) return keepFloatsWithin(values, [low, high], wanted, rows, count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const value = values[row];
    if ((value >= low && value <= high) === wanted) rows[kept++] = row;
  }
  return kept;
}

function keepComputed(
  values: Floats,
  { op, operand }: FloatArithmetic,
  single: boolean,
  low: number,
  high: number,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const exact = doubleArithmetic(op, values[row], operand);
    const result = single ? Math.fround(exact) : exact;
    if ((result >= low && result <= high) === wanted) rows[kept++] = row;
  }
  return kept;
}

/** Values of Float are compared as doubles. */
export function inFloatsSelector({ field, values: list }: Leaf<"inFloats">, wanted: boolean): Selector {
  const set = new DoubleSet(list);
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const known = dropNulls(column, rows, count);
    const values = floats(column, batch.rowCount);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      if (set.has(values[row]) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}
