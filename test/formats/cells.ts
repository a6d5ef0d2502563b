import { DataType } from "@sluice/schema";
import { bytesOf, type FieldSample } from "./field-samples.ts";
import type { TableColumn } from "./writers/table-column.ts";

/** An int64, which JSON has as a number: within ±2^53. */
export const integer = (value: bigint): FieldSample => ({
  type: DataType.Int64,
  json: Number(value),
  parquet: { type: "INT64", value },
  npy: { descr: "<i8", bytes: bytesOf(BigInt64Array.of(value)) },
  canonical: Number(value),
});

/** A column with a value of its own in each row. @param cells of one type, at least one */
export const column = (name: string, cells: readonly FieldSample[]): TableColumn => ({ name, sample: cells[0], cells });
