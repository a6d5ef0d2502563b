import avro, { type Schema } from "avsc";
import { bigLongs } from "../../support/avro-longs.ts";
import type { FieldSample } from "../field-samples.ts";
import { cellOf, type TableColumn } from "./table-column.ts";

/** As avsc has it: JSON of a schema, or its name. */
export type AvroSchema = Schema;

const SYNC = Buffer.from("the mark of files");

/** One block of rows, by avsc; undefined where a column has a type that Avro tells by a logical one. */
export function writeAvro(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  if (columns.some(({ sample: { parquet } }) => parquet.converted && parquet.converted !== "UTF8")) return undefined;
  // The names of Avro have letters, digits and underscores.
  if (columns.some(({ name }) => !/^[A-Za-z_]\w*$/.test(name))) return undefined;
  const schema = {
    type: "record",
    name: "Row",
    fields: columns.map(({ name, sample }) => ({ name, type: ["null", avroType(sample.parquet)] })),
  } as Schema;
  const type = avro.Type.forSchema(schema, { registry: { long: bigLongs }, wrapUnions: false });
  const written = Array.from({ length: rows }, (_, row) =>
    type.toBuffer(Object.fromEntries(columns.map((column) => [column.name, avroValue(cellOf(column, row))]))),
  );
  return { "t.avro": avroContainer(schema, rows, Buffer.concat(written)) };
}

/** A file of one block, not compressed. @param content rows in binary form */
export function avroContainer(schema: AvroSchema, rows: number, content: Uint8Array): Buffer {
  const text = (value: string) => [varint(BigInt(Buffer.byteLength(value))), Buffer.from(value)];
  const sync = SYNC.subarray(0, 16);
  const header = [
    Buffer.from("Obj\x01"),
    varint(1n),
    ...text("avro.schema"),
    ...text(JSON.stringify(schema)),
    varint(0n),
  ];
  return Buffer.concat([...header, sync, varint(BigInt(rows)), varint(BigInt(content.length)), content, sync]);
}

/** A whole number as Avro has it. */
export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function avroType({ type, converted, isList }: FieldSample["parquet"]): Schema {
  const types: Readonly<Record<string, string>> = {
    BOOLEAN: "boolean",
    INT32: "int",
    INT64: "long",
    FLOAT: "float",
    DOUBLE: "double",
    BYTE_ARRAY: converted === "UTF8" ? "string" : "bytes",
  };
  return (isList ? { type: "array", items: types[type] } : types[type]) as Schema;
}

function avroValue(cell: FieldSample | undefined): unknown {
  const value = cell?.parquet.value ?? null;
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
