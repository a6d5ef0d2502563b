import type { schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { compareScalars, type Scalar } from "../compare-scalars.ts";
import { refuse } from "../metrics.ts";
import type { BucketMetric } from "./levels.ts";

type Known = Exclude<Scalar, null>;
const ASCENDING = { descending: false, nullsFirst: true };

/**
 * A figure over values, nulls left out; none of none but their count.
 * @param type of the field; undefined: scores
 * @throws {StatusError} 1100 for a sum that is no Int64
 */
export function metricValue(
  op: BucketMetric["op"],
  all: readonly Scalar[],
  type: DataType | undefined,
): schema.MetricValue {
  const values = all.filter((value): value is Known => value !== null);
  if (op === "count") return { value: { $case: "intVal", value: BigInt(values.length) } };
  if (values.length === 0) return { value: undefined };
  const isFloat = type === undefined || type === DataType.Float || type === DataType.Double;
  if (op === "min" || op === "max") return answered(extreme(values, op), isFloat);
  const sum = isFloat ? sumOfFloats(values) : sumOfIntegers(values);
  return op === "sum" ? answered(sum, isFloat) : answered(Number(sum) / values.length, true);
}

function answered(value: Known, isFloat: boolean): schema.MetricValue {
  if (typeof value === "string") return { value: { $case: "stringVal", value } };
  if (isFloat) return { value: { $case: "doubleVal", value: Number(value) } };
  const whole = BigInt(value);
  if (BigInt.asIntN(64, whole) !== whole)
    refuse(`a sum of search_aggregation is ${whole}, more than Int64 holds: ask for avg: invalid parameter`);
  return { value: { $case: "intVal", value: whole } };
}

function extreme(values: readonly Known[], op: "min" | "max"): Known {
  const way = { ...ASCENDING, descending: op === "max" };
  return values.reduce((best, value) => (compareScalars(value, best, way) < 0 ? value : best));
}

function sumOfFloats(values: readonly Known[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

function sumOfIntegers(values: readonly Known[]): bigint {
  return values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n);
}
