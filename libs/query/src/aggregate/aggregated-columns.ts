import { type Column, type FixedColumn, isNull, views } from "@sluice/columns";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { type Aggregation, accumulatorField, type PlainValue } from "./aggregation.ts";
import type { GroupedRows } from "./groups.ts";
import { fixedOf } from "./state.ts";
import { refuseSum } from "./sums.ts";

/**
 * The columns of the groups' rows, parallel to the aggregation's `fields`.
 * @throws {StatusError} 1100 for a sum that is no Int64
 */
export function aggregatedColumns(
  plan: Aggregation,
  schema: CollectionSchema,
  { count, columns }: GroupedRows,
): Column[] {
  const keys = columns.slice(0, plan.keys.length);
  const gathered = new Gathered(plan, schema, count, columns.slice(plan.keys.length));
  return [
    ...keys,
    ...plan.values.map((value) => {
      if (value.kind === "accumulator") return gathered.columns[value.at];
      return value.kind === "average" ? gathered.average(value.sum, value.count) : gathered.wideSum(value);
    }),
  ];
}

interface Sums {
  readonly sums: readonly bigint[] | Float64Array | BigInt64Array;
  readonly validity: Uint8Array | undefined;
}

/** What was gathered of each group, a column for each accumulator. */
class Gathered {
  readonly columns: readonly Column[];
  readonly #plan: Aggregation;
  readonly #schema: CollectionSchema;
  readonly #count: number;

  constructor(plan: Aggregation, schema: CollectionSchema, count: number, columns: readonly Column[]) {
    this.columns = columns;
    this.#plan = plan;
    this.#schema = schema;
    this.#count = count;
  }

  wideSum(value: Extract<PlainValue, { kind: "wideSum" }>): Column {
    const { sums, validity } = this.#sumsOf(value);
    const column = BigInt64Array.from(sums as readonly bigint[]);
    const { field } = this.#plan.accumulators[value.low];
    for (const [group, sum] of column.entries())
      if (sum !== sums[group]) refuseSum(this.#schema.fields[field ?? 0].name);
    return fixedOf(column, validity);
  }

  /** Null where nothing was counted. */
  average(sum: PlainValue, count: number): Column {
    const { sums, validity } = this.#sumsOf(sum);
    const counts = views.int64(this.columns[count] as FixedColumn, this.#count);
    const averages = Float64Array.from({ length: this.#count }, (_, group) =>
      counts[group] === 0n ? 0 : Number(sums[group]) / Number(counts[group]),
    );
    return fixedOf(averages, validity);
  }

  /** Those of wide integers may lie outside Int64. */
  #sumsOf(value: PlainValue): Sums {
    if (value.kind === "accumulator") {
      const column = this.columns[value.at] as FixedColumn;
      const isFloat = accumulatorField(this.#plan.accumulators[value.at], this.#schema).dataType === DataType.Double;
      const sums = isFloat ? views.float64(column, this.#count) : views.int64(column, this.#count);
      return { sums, validity: column.validity };
    }
    const [low, high] = [this.columns[value.low] as FixedColumn, this.columns[value.high] as FixedColumn];
    const [lows, highs] = [views.int64(low, this.#count), views.int64(high, this.#count)];
    const sums = Array.from(lows, (sum, group) => (isNull(low, group) ? 0n : (highs[group] << 32n) + sum));
    return { sums, validity: low.validity };
  }
}
