import { DataType } from "@sluice/schema";
import type { FieldSample } from "../field-samples.ts";
import { cellOf, type TableColumn } from "./table-column.ts";

const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const INT8_OID = 20;
/** From 1970 to 2000, where PostgreSQL's time begins. */
const EPOCH_MICROS = 946_684_800_000_000n;

/** COPY BINARY, with pgvector's types; undefined where PostgreSQL has no such value. Source: its `…_send` functions. */
export function writePgcopy(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  const parts: Uint8Array[] = [HEADER];
  for (let row = 0; row < rows; row++) {
    parts.push(int16(columns.length));
    for (const column of columns) {
      const cell = cellOf(column, row);
      const value = cell && pgValue(cell);
      if (cell && !value) return undefined;
      parts.push(int32(value?.length ?? -1), value ?? new Uint8Array(0));
    }
  }
  return { "t.pgcopy": Buffer.concat([...parts, int16(-1)]) };
}

function pgValue({ type, parquet: { value, isList }, json }: FieldSample): Uint8Array | undefined {
  switch (type) {
    case DataType.Bool:
      return typeof value === "boolean" ? Buffer.of(Number(value)) : undefined;
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
    case DataType.Int64:
      return typeof value === "number" || typeof value === "bigint" ? integer(value) : undefined;
    case DataType.Float:
      return typeof value === "number" ? float32s([value]) : undefined;
    case DataType.Double:
      return typeof value === "number" ? float64(value) : undefined;
    case DataType.Timestamptz:
      return time(json);
    case DataType.VarChar:
    case DataType.Geometry:
      return Buffer.from(String(value));
    case DataType.JSON:
      return Buffer.concat([Buffer.of(1), Buffer.from(String(value))]);
    case DataType.SparseFloatVector:
      return sparsevec(value);
    case DataType.Array:
      return isList ? int8Array(value as bigint[]) : undefined;
    default:
      return isList ? vectorOf(type, value as number[]) : undefined;
  }
}

function vectorOf(type: DataType, list: readonly number[]): Uint8Array | undefined {
  const isBits = type === DataType.BinaryVector;
  if (isBits && list.some((byte) => byte > 255)) return undefined;
  if (isBits) return Buffer.concat([int32(8 * list.length), Uint8Array.from(list)]);
  return Buffer.concat([int16(list.length), int16(0), float32s(list)]);
}

/** smallint, integer or bigint, the narrowest that has it. */
function integer(value: number | bigint): Uint8Array {
  const exact = BigInt(value);
  if (BigInt.asIntN(16, exact) === exact) return int16(Number(exact));
  return BigInt.asIntN(32, exact) === exact ? int32(Number(exact)) : int64(exact);
}

function time(json: unknown): Uint8Array | undefined {
  const millis = Date.parse(String(json));
  return Number.isNaN(millis) ? undefined : int64(BigInt(millis) * 1000n - EPOCH_MICROS);
}

function int8Array(list: readonly bigint[]): Uint8Array {
  const elements = list.flatMap((value) => [int32(8), int64(value)]);
  return Buffer.concat([...[1, 0, INT8_OID, list.length, 1].map(int32), ...elements]);
}

function sparsevec(text: unknown): Uint8Array | undefined {
  if (!/^\{"\d+":/.test(String(text))) return undefined;
  const pairs = Object.entries(JSON.parse(String(text)) as Record<string, number>);
  const indices = pairs.map(([index]) => int32(Number(index)));
  return Buffer.concat([int32(100), int32(pairs.length), int32(0), ...indices, float32s(pairs.map(([, one]) => one))]);
}

const int16 = (value: number) => bytesOf(2, (view) => view.setInt16(0, value));
const int32 = (value: number) => bytesOf(4, (view) => view.setInt32(0, value));
const int64 = (value: bigint) => bytesOf(8, (view) => view.setBigInt64(0, value));
const float64 = (value: number) => bytesOf(8, (view) => view.setFloat64(0, value));
const float32s = (list: readonly number[]) =>
  bytesOf(4 * list.length, (view) => {
    for (const [i, value] of list.entries()) view.setFloat32(4 * i, value);
  });

function bytesOf(length: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  fill(new DataView(bytes.buffer));
  return bytes;
}
