import { describe, expect, it } from "@jest/globals";
import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { longs } from "@sluice/columns/testing";
import { type Aggregation, aggregatedColumns, type GroupedRows, Groups, parseAggregation } from "@sluice/query";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import fc from "fast-check";
import { columnsOf, everyKind, type Row } from "./collection.ts";

describe("an aggregation", () => {
  const shownOf = (plan: Aggregation | undefined) =>
    plan?.shown.map((at) => [plan.fields[at].name, dataTypeName(plan.fields[at].dataType), plan.fields[at].nullable]);

  it("has what the output names, in its order, under the names of the request", () => {
    const names = ["count(*)", "SUM( i8 )", "s", "avg(i64)", "min(ts)", "max(f)", "count(vec)", "sum(d)"];
    expect(shownOf(parseAggregation(names, "s, i16", everyKind))).toEqual([
      ["count(*)", "Int64", false],
      ["SUM( i8 )", "Int64", true],
      ["s", "VarChar", true],
      ["avg(i64)", "Double", true],
      ["min(ts)", "Timestamptz", true],
      ["max(f)", "Float", true],
      ["count(vec)", "Int64", false],
      ["sum(d)", "Double", true],
    ]);
  });

  it("shows its keys where the output names nothing", () => {
    expect(shownOf(parseAggregation([], "i8", everyKind))).toEqual([["i8", "Int8", true]]);
  });

  it.each([
    [["id", "s"], ""],
    [["count(*)"], undefined],
    [["COUNT ( * )"], "[]"],
  ])("is none: %j by %j", (names, groupBy) => expect(parseAggregation(names, groupBy, everyKind)).toBeUndefined());

  it.each([
    [["count(*)"], "j", "group by field j has unsupported data type JSON"],
    [["count(*)"], "flag", "group by field flag has unsupported data type Bool"],
    [["count(*)"], "nope", "field nope not exist"],
    [["sum(s)"], "", "aggregation operator sum does not support data type VarChar"],
    [["avg(ts)"], "", "aggregation operator avg does not support data type Timestamptz"],
    [["min(j)"], "", "aggregation operator min does not support data type JSON"],
    [["max(vec)"], "", "aggregation operator max does not support data type FloatVector"],
    [["sum(*)"], "", "field * not exist"],
    [["sum(key)"], "", "field key not exist"],
    [["count($meta)"], "", "field $meta not exist"],
    [["id", "count(*)"], "", "output field 'id' is not allowed: when using aggregation functions"],
    [["id"], "s", "output field 'id' is not allowed: when using GROUP BY, output_fields can only contain group_by"],
  ])("is refused: %j by %j", (names, groupBy, reason) => {
    expect(() => parseAggregation(names, groupBy, everyKind)).toThrow(expect.objectContaining({ code: 1100 }));
    expect(() => parseAggregation(names, groupBy, everyKind)).toThrow(reason);
  });
});

const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 4 });
const long = fc.oneof(fc.bigInt(-3n, 3n), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, -1n - 2n ** 31n));
const rowOf = fc.record({
  i8: nullable(fc.integer({ min: -128, max: 127 })),
  i16: nullable(fc.constantFrom(-32768, 32767, 0, 5)),
  i32: nullable(fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, 1)),
  i64: nullable(long),
  ts: nullable(long),
  f: nullable(fc.constantFrom(-1.5, 0, 0.25, 7)),
  d: nullable(fc.constantFrom(-2.25, 0, 1e3, 4)),
  s: nullable(fc.constantFrom("", "a", "ab", "ä", "b")),
  t: nullable(fc.constantFrom("x", "y")),
});
const keySets = fc.uniqueArray(fc.constantFrom("i8", "i16", "i32", "i64", "ts", "s", "t"), { maxLength: 3 });
const calls = ["i8", "i16", "i32", "i64", "f", "d"].flatMap((name) => [`sum(${name})`, `avg(${name})`]);
for (const name of ["i8", "i16", "i32", "i64", "f", "d", "ts", "s"])
  calls.push(`min(${name})`, `max(${name})`, `count(${name})`);

// G1. Whatever parts rows come in, together or grouped apart, an answer is what a look at all rows says.
it("groups rows in parts, and parts of groups, as one", () => {
  const output = fc.uniqueArray(fc.constantFrom("count(*)", ...calls), { minLength: 1, maxLength: 6 });
  const parts = fc.array(fc.array(rowOf, { maxLength: 30 }), { maxLength: 4 });
  fc.assert(
    fc.property(keySets, output, parts, fc.boolean(), (keys, names, batches, isApart) => {
      // A lone count of all rows is no aggregation.
      const plan = parseAggregation([...names, "count(id)"], keys.join(","), everyKind)!;
      const rows = batches.flat();
      const expected = modelOf(rows, keys, names);
      const answer = () =>
        answerOf(
          plan,
          isApart
            ? joined(
                batches.map((part) => grouped([part], plan)),
                plan,
              )
            : grouped(batches, plan),
        );
      if (typeof expected === "string") expect(answer).toThrow(expected);
      else expect(answer()).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

const noBudget = () => undefined;

function grouped(batches: readonly (readonly Row[])[], plan: Aggregation): GroupedRows {
  const groups = Groups.ofRows(plan, everyKind, noBudget);
  for (const batch of batches) {
    // Every other row is one that no filter has passed.
    const columns = columnsOf(
      everyKind,
      batch.flatMap((row) => [row, {}]),
    );
    const rows = Uint32Array.from(batch, (_, i) => 2 * i);
    const at = (field: number) => columns.get(field) as Column;
    groups.add(
      plan.keys.map(at),
      plan.accumulators.map(({ field }) => (field === undefined ? undefined : at(field))),
      rows,
    );
  }
  return groups.grouped();
}

function joined(found: readonly GroupedRows[], plan: Aggregation): GroupedRows {
  const groups = Groups.ofGroups(plan, everyKind, noBudget);
  const keys = plan.keys.length;
  for (const { count, columns } of found)
    groups.add(
      columns.slice(0, keys),
      columns.slice(keys),
      Uint32Array.from({ length: count }, (_, i) => i),
    );
  return groups.grouped();
}

/** The answer's rows by their keys. */
function answerOf(plan: Aggregation, found: GroupedRows): Map<string, unknown[]> {
  const columns = aggregatedColumns(plan, everyKind, found);
  const valueAt = (at: number, row: number) => cellOf(columns[at], plan.fields[at], row);
  const names = plan.shown.slice(0, -1);
  return new Map(
    Array.from({ length: found.count }, (_, row) => {
      const key = plan.keys.map((_key, k) => String(valueAt(k, row))).join();
      return [key, names.map((at) => valueAt(at, row))];
    }),
  );
}

function cellOf(column: Column, { dataType }: FieldSchema, row: number): unknown {
  if (isNull(column, row)) return null;
  if (column.kind === "var") return Buffer.from(varValue(column as VarColumn, row)).toString();
  const view = new DataView(column.data.buffer, column.data.byteOffset + row * column.width);
  if (dataType === DataType.Float) return view.getFloat32(0, true);
  if (dataType === DataType.Double) return view.getFloat64(0, true);
  if (column.width === 8) return view.getBigInt64(0, true);
  return column.width === 1 ? view.getInt8(0) : column.width === 2 ? view.getInt16(0, true) : view.getInt32(0, true);
}

/** By one look at each row for each function, or what is refused. */
function modelOf(
  rows: readonly Row[],
  keys: readonly string[],
  names: readonly string[],
): Map<string, unknown[]> | string {
  const groups = Map.groupBy(rows, (row) => keys.map((key) => String(row[key] ?? null)).join());
  if (keys.length === 0 && rows.length === 0) groups.set("", []);
  const answer = [...groups].map(([key, group]): [string, unknown[]] => [
    key,
    names.map((name) => modelCall(group, name)),
  ]);
  if (answer.some(([, values]) => values.includes(TOO_LARGE))) return "is no Int64";
  return new Map(answer);
}

const TOO_LARGE = Symbol("too large");

function modelCall(group: readonly Row[], name: string): unknown {
  const [, operation, field] = /^(\w+)\((.+)\)$/.exec(name) as unknown as [string, string, string];
  if (field === "*") return BigInt(group.length);
  const values = group.map((row) => row[field]).filter((value) => value !== null && value !== undefined);
  if (operation === "count") return BigInt(values.length);
  if (values.length === 0) return null;
  if (operation === "min" || operation === "max") return extremeOf(values, operation === "min" ? 1 : -1);
  const isFloat = field === "f" || field === "d";
  if (isFloat) {
    const sum = (values as number[]).reduce((a, b) => a + b, 0);
    return operation === "avg" ? sum / values.length : sum;
  }
  const sum = values.reduce((a: bigint, b) => a + BigInt(b as number | bigint), 0n);
  if (operation === "avg") return Number(sum) / values.length;
  return BigInt.asIntN(64, sum) === sum ? sum : TOO_LARGE;
}

function extremeOf(values: readonly unknown[], sign: number): unknown {
  const compare = (a: unknown, b: unknown) =>
    typeof a === "string"
      ? Buffer.compare(Buffer.from(a), Buffer.from(b as string))
      : (a as number) < (b as number)
        ? -1
        : 1;
  return values.reduce((best, value) => (sign * compare(value, best) < 0 ? value : best));
}

it("adds up integers exactly, however many", () => {
  const plan = parseAggregation(["sum(i64)", "avg(i64)", "count(id)"], "", everyKind)!;
  const groups = Groups.ofRows(plan, everyKind, noBudget);
  const rowCount = 1 << 16;
  const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
  // Every sum on the way lies far beyond what a double holds, some beyond Int64 too.
  for (let round = 0; round < 20; round++) {
    const start = round % 2 === 0 ? 2n ** 50n : -(2n ** 50n);
    const values = longs(...Array.from({ length: rowCount }, (_, row) => start - BigInt(row)));
    const columns = plan.accumulators.map(({ field }) => (field === undefined ? undefined : values));
    groups.add([], columns, rows);
  }
  const sum = -20n * ((BigInt(rowCount) * BigInt(rowCount - 1)) / 2n);
  const [values] = answerOf(plan, groups.grouped()).values();
  expect(values).toEqual([sum, Number(sum) / (20 * rowCount)]);
});

it("takes no more memory than it may", () => {
  const plan = parseAggregation(["max(s)"], "i64", everyKind)!;
  let spentBytes = 0;
  const groups = Groups.ofRows(plan, everyKind, (bytes) => {
    spentBytes += bytes;
  });
  const rows = Array.from({ length: 5000 }, (_, i) => ({ i64: BigInt(i), s: "x".repeat(100) }));
  const columns = columnsOf(everyKind, rows);
  const at = (name: string) => columns.get(everyKind.fields.findIndex((field) => field.name === name)) as Column;
  groups.add(
    [at("i64")],
    [at("s")],
    Uint32Array.from(rows, (_, i) => i),
  );
  expect(spentBytes).toBeGreaterThan(5000 * 108);
  expect(spentBytes).toBeLessThan(5000 * 250);
});
