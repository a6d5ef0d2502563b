import { type Column, varValue } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { type ArrayElement, decodeArrayCell } from "@sluice/values";
import { utf8 } from "../constant.ts";
import { type ElementCount, elementType, type FieldRef, type Predicate } from "../plan.ts";
import { dropNulls, type RowBatch, type StepSelector, varColumn } from "./selector.ts";

type Elements = Extract<Predicate, { kind: "elements" }>;

/** Keeps the known rows whose struct array has as many elements that fulfil the condition as is asked for. @param select of elements, as rows */
export function elementsSelector({ members, test }: Elements, select: StepSelector, wanted: boolean): StepSelector {
  return function* (batch, rows, count) {
    let known = count;
    for (const { field } of members) known = dropNulls(varColumn(batch, field), rows, known);
    const cells = members.map(({ field }) => cellsOf(batch, field, rows, known));
    const ends = endsOf(cells[0]);
    const columns = new Map(members.map(({ element }, i) => [element.index, columnOf(element, cells[i].flat())]));
    const places = Uint32Array.from({ length: ends.at(-1) ?? 0 }, (_, place) => place);
    const found = yield* select({ columns, rowCount: places.length }, places, places.length);
    return keepCounted(rows, ends, places.subarray(0, found), (hits, all) => isCounted(test, hits, all) === wanted);
  };
}

function cellsOf(batch: RowBatch, field: FieldRef, rows: Uint32Array, count: number): ArrayElement[][] {
  const [column, type] = [varColumn(batch, field), elementType(field)];
  return Array.from(rows.subarray(0, count), (row) => decodeArrayCell(type, varValue(column, row)));
}

/** Where the elements of each row end. */
function endsOf(cells: readonly (readonly ArrayElement[])[]): Uint32Array {
  let end = 0;
  return Uint32Array.from(cells, ({ length }) => (end += length));
}

function keepCounted(
  rows: Uint32Array,
  ends: Uint32Array,
  hits: Uint32Array,
  isKept: (hits: number, all: number) => boolean,
): number {
  let kept = 0;
  for (let i = 0, from = 0, hit = 0; i < ends.length; from = ends[i++]) {
    const first = hit;
    while (hit < hits.length && hits[hit] < ends[i]) hit++;
    if (isKept(hit - first, ends[i] - from)) rows[kept++] = rows[i];
  }
  return kept;
}

/** Of no elements all fulfil whatever is asked. */
function isCounted(test: ElementCount, hits: number, all: number): boolean {
  switch (test.kind) {
    case "any":
      return hits > 0;
    case "all":
      return hits === all;
    case "least":
      return hits >= test.threshold;
    case "most":
      return hits <= test.threshold;
    case "exact":
      return hits === test.threshold;
  }
}

/** Elements as a column of their type. */
function columnOf({ schema: { dataType } }: FieldRef, values: readonly ArrayElement[]): Column {
  if (dataType === DataType.VarChar || dataType === DataType.String) return textColumn(values as string[]);
  const numbers = numbersOf(dataType, values);
  const data = new Uint8Array(numbers.buffer);
  return { kind: "fixed", width: numbers.BYTES_PER_ELEMENT, data, validity: undefined };
}

function numbersOf(type: DataType, values: readonly ArrayElement[]) {
  switch (type) {
    case DataType.Bool:
      return Uint8Array.from(values as boolean[], Number);
    case DataType.Int8:
      return Int8Array.from(values as number[]);
    case DataType.Int16:
      return Int16Array.from(values as number[]);
    case DataType.Int32:
      return Int32Array.from(values as number[]);
    case DataType.Float:
      return Float32Array.from(values as number[]);
    case DataType.Double:
      return Float64Array.from(values as number[]);
    default:
      return BigInt64Array.from(values as bigint[]);
  }
}

function textColumn(texts: readonly string[]): Column {
  const bytes = texts.map(utf8);
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, { length }] of bytes.entries()) offsets[i + 1] = offsets[i] + length;
  return { kind: "var", offsets, data: Buffer.concat(bytes), validity: undefined };
}
