import {
  type DataType as ArrowType,
  Binary,
  Bool,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { FieldSample } from "../field-samples.ts";
import { always, type TableColumn } from "./table-column.ts";

/** By hyparquet-writer. */
export function writeParquet(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> {
  const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(parquetNodes)];
  const columnData = columns.map(({ name, sample, cells, isGiven = always }) => ({
    name,
    data: Array.from({ length: rows }, (_, row) => (isGiven(row) ? (cells?.[row] ?? sample).parquet.value : null)),
  }));
  return { "t.parquet": new Uint8Array(parquetWriteBuffer({ columnData, schema } as never)) };
}

function parquetNodes({ name, sample: { parquet } }: TableColumn): object[] {
  const { type, converted, precision, scale } = parquet;
  const annotation = converted && { converted_type: converted, precision, scale };
  const leaf = { type, ...annotation, repetition_type: "OPTIONAL" };
  if (!parquet.isList) return [{ name, ...leaf }];
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...leaf },
  ];
}

/** By apache-arrow. */
export function writeArrow(
  columns: readonly TableColumn[],
  rows: number,
  container: "file" | "stream" = "file",
): Record<string, Uint8Array> | undefined {
  // Arrow has types of its own for what Parquet tells by annotations.
  if (columns.some(({ sample: { parquet } }) => parquet.converted && parquet.converted !== "UTF8")) return undefined;
  const vectors = columns.map(({ name, sample, cells, isGiven = always }) => {
    const values = Array.from({ length: rows }, (_, row) =>
      isGiven(row) ? ((cells?.[row] ?? sample).parquet.value ?? null) : null,
    );
    return [name, vectorFromArray(values, arrowType(sample.parquet))] as const;
  });
  return { "t.arrow": tableToIPC(new Table(Object.fromEntries(vectors) as never), container) };
}

function arrowType({ type, converted, isList }: FieldSample["parquet"]): ArrowType {
  const types: Readonly<Record<string, () => ArrowType>> = {
    BOOLEAN: () => new Bool(),
    INT32: () => new Int32(),
    INT64: () => new Int64(),
    FLOAT: () => new Float32(),
    DOUBLE: () => new Float64(),
    BYTE_ARRAY: () => (converted === "UTF8" ? new Utf8() : new Binary()),
  };
  const element = types[type]();
  return isList ? new List(new Field("item", element, true)) : element;
}
