import type { VarBuilder } from "@sluice/columns";
import { excerptOfBytes } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { type ArrayElement, encodeArrayCell } from "@sluice/values";
import { tooLong } from "../../plan/refusals.ts";
import { kindName, plainKind } from "./kind-names.ts";
import { float32At, integerAt } from "./numbers.ts";
import type { Scanner } from "./scanner.ts";

/** Reads the list at `p` into a cell of an Array column. */
export function encodeList(scanner: Scanner, p: number, row: number, builder: VarBuilder): number {
  const { field } = builder;
  if (scanner.bytes[p] !== 0x5b) scanner.wrongType(p, "Array");
  const capacity = capacityOf(field);
  const values: (ArrayElement | Uint8Array)[] = [];
  let at = scanner.blanks(p + 1);
  if (scanner.bytes[at] === 0x5d) at++;
  else {
    for (;;) {
      if (values.length === capacity) refuseCapacity(scanner, p, field.name, capacity);
      at = scanner.blanks(readElement(scanner, at, field, values));
      if (scanner.bytes[at] === 0x5d) break;
      if (scanner.bytes[at] !== 0x2c) scanner.syntax(at, '"," or "]"');
      at = scanner.blanks(at + 1);
    }
    at++;
  }
  builder.put(row, encodeArrayCell(field.elementType, values));
  return at;
}

/** Elements of a list whose field names no capacity: the greatest that a field can name. */
const MAX_CAPACITY = 4096;

/** Elements that a list of an array or a struct may have. */
export function capacityOf({ maxCapacity }: { readonly maxCapacity: number }): number {
  return maxCapacity > 0 ? maxCapacity : MAX_CAPACITY;
}

/** The list at `p` has more elements than it may have. How many is counted without keeping them. */
export function refuseCapacity(scanner: Scanner, p: number, name: string, capacity: number): never {
  const found = scanner.listLength(p);
  return scanner.invalid(p, `array capacity(${found}) for field ${name} exceeds max_capacity(${capacity})`);
}

const integerLimits: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.Int8]: 2 ** 7,
  [DataType.Int16]: 2 ** 15,
  [DataType.Int32]: 2 ** 31,
};

function readElement(scanner: Scanner, p: number, field: FieldSchema, values: (ArrayElement | Uint8Array)[]): number {
  const { bytes } = scanner;
  const type = field.elementType;
  switch (type) {
    case DataType.Bool:
      if (bytes[p] !== 0x74 && bytes[p] !== 0x66) return wrongElement(scanner, p, dataTypeName(type));
      values.push(bytes[p] === 0x74);
      return scanner.word(p, bytes[p] === 0x74 ? "true" : "false");
    case DataType.VarChar:
    case DataType.String:
      return readText(scanner, p, field, values);
    default:
      if (!isNumberStart(bytes[p])) return wrongElement(scanner, p, dataTypeName(type));
      return readNumber(scanner, p, type, values);
  }
}

function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte - 48) >>> 0 <= 9;
}

const scratch = new Float32Array(1);

function readNumber(scanner: Scanner, p: number, type: DataType, values: (ArrayElement | Uint8Array)[]): number {
  const name = dataTypeName(type);
  if (type === DataType.Float) {
    const end = float32At(scanner, p, name, scratch, 0, wrongElement);
    values.push(scratch[0]);
    return end;
  }
  if (type === DataType.Double) {
    const end = scanner.skipNumber(p);
    const value = Number(scanner.text(p, end));
    if (!Number.isFinite(value)) wrongElement(scanner, p, dataTypeName(type));
    values.push(value);
    return end;
  }
  const end = integerAt(scanner, p, name, wrongElement);
  const { lo, hi } = scanner.integer;
  const limit = integerLimits[type];
  // D14: elements of small integer types are checked for their range.
  if (limit !== undefined && (hi !== lo >> 31 || lo < -limit || lo >= limit))
    wrongElement(scanner, p, dataTypeName(type));
  values.push(type === DataType.Int64 ? (BigInt(hi) << 32n) | BigInt(lo >>> 0) : lo);
  return end;
}

function readText(scanner: Scanner, p: number, field: FieldSchema, values: (ArrayElement | Uint8Array)[]): number {
  if (scanner.bytes[p] !== 0x22) return wrongElement(scanner, p, dataTypeName(field.elementType));
  const end = scanner.string(p);
  const text = scanner.hasEscapes ? scanner.unescaped(p, end) : scanner.bytes.slice(p + 1, end - 1);
  if (field.maxLength > 0 && text.length > field.maxLength) scanner.invalid(p, tooLong(field, text));
  values.push(text);
  return end;
}

function wrongElement(scanner: Scanner, p: number, type: string): never {
  const value = excerptOfBytes(scanner.bytes.subarray(p, scanner.skipValue(p)));
  return scanner.invalid(
    p,
    `expected element type '${type}' in array field, got type '${kindName(scanner.bytes[p])}' with value '${value}'${plainKind(scanner.bytes[p])}`,
  );
}
