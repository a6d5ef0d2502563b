import type { VarBuilder } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema, type StructSchema, vectorBytes } from "@sluice/schema";
import {
  type ArrayElement,
  encodeArrayCell,
  encodeVectorArrayCell,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
} from "@sluice/values";
import { tooLong } from "../../plan/refusals.ts";
import { capacityOf, refuseCapacity } from "./array-parser.ts";
import type { Scanner } from "./scanner.ts";

/** A struct array's members: positions in the schema's fields with their builders. */
export interface StructParser {
  readonly struct: StructSchema;
  readonly members: readonly VarBuilder[];
}

/** Reads the list of objects at `p` into the cells of all members: lists of equal length. */
export function parseStruct({ struct, members }: StructParser, scanner: Scanner, p: number, row: number): number {
  if (scanner.bytes[p] !== 0x5b) scanner.wrongType(p, "Array");
  const end = scanner.skipValue(p);
  const elements = parseElements(struct, scanner, p);
  for (const [i, name] of struct.members.entries()) {
    const values = elements.map((element) => element[name]);
    members[i].put(row, encodeMember(scanner, p, members[i].field, values));
    members[i].setValid(row);
  }
  return end;
}

/**
 * Element by element, so that no more than one is there that is not known to be what its struct has: the text of a list may
 * claim any number of anything. The list at `p` is valid JSON.
 */
function parseElements(struct: StructSchema, scanner: Scanner, p: number): Record<string, unknown>[] {
  const capacity = capacityOf(struct);
  const elements: Record<string, unknown>[] = [];
  let at = scanner.blanks(p + 1);
  while (scanner.bytes[at] !== 0x5d) {
    if (elements.length === capacity) refuseCapacity(scanner, p, struct.name, capacity);
    const end = scanner.skipValue(at);
    if (end - at > MAX_ELEMENT_BYTES)
      scanner.invalid(at, `an element of field '${struct.name}' has ${end - at} bytes, more than ${MAX_ELEMENT_BYTES}`);
    const element: unknown = JSON.parse(scanner.text(at, end), exactNumber as never);
    checkKeys(scanner, p, struct, element);
    elements.push(element as Record<string, unknown>);
    at = scanner.blanks(end);
    if (scanner.bytes[at] === 0x2c) at = scanner.blanks(at + 1);
  }
  return elements;
}

/** Text of one element: ten vectors of the greatest dimension, with twelve characters a number. */
const MAX_ELEMENT_BYTES = 4 << 20;

/** A number whose text tells more than its value: `1.0` is no integer, `1e400` is not infinite. */
class WrittenNumber {
  readonly value: number;
  readonly text: string;
  constructor(value: number, text: string) {
    this.value = value;
    this.text = text;
  }
}

const MAX_DIGITS = 40;

/** Integers beyond 2^53 keep all their digits; what only looks like an integer keeps its text. */
function exactNumber(_key: string, value: unknown, { source = "" }: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  // Longer integers are out of every range, and a bigint of many digits takes long.
  const isInteger = source.length <= MAX_DIGITS && /^-?\d+$/.test(source);
  if (isInteger) return Number.isSafeInteger(value) ? value : BigInt(source);
  return Number.isInteger(value) || !Number.isFinite(value) ? new WrittenNumber(value, source) : value;
}

/** NaN for what is no number. */
function numberOf(value: unknown): number {
  if (value instanceof WrittenNumber) return value.value;
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** Text that JSON.stringify takes over as it is. The compiler's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/** As it stood in the file, but for blanks; at most some characters. */
function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, item) => {
    if (item instanceof WrittenNumber) return rawJSON(item.text);
    return typeof item === "bigint" ? rawJSON(String(item)) : item;
  });
  return excerpt(text);
}

function checkKeys(scanner: Scanner, p: number, struct: StructSchema, element: unknown): void {
  if (typeof element !== "object" || element === null || Array.isArray(element)) {
    scanner.invalid(p, `expected element type 'struct' in array field, got value '${shown(element)}'`);
  }
  const missing = struct.members.find((member) => !Object.hasOwn(element as object, member));
  if (missing !== undefined) scanner.invalid(p, `value of field '${struct.name}[${missing}]' is missed`);
  const extra = Object.keys(element as object).find((key) => !struct.members.includes(key));
  if (extra !== undefined) scanner.invalid(p, `the field '${struct.name}[${excerpt(extra)}]' is not defined in schema`);
}

function encodeMember(scanner: Scanner, p: number, field: FieldSchema, values: readonly unknown[]): Uint8Array {
  if (field.dataType === DataType.Array) {
    for (const value of values) checkScalar(scanner, p, field, value);
    return encodeArrayCell(field.elementType, values.map(elementOf) as ArrayElement[]);
  }
  const width = vectorBytes(field.elementType, field.dim);
  const out = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries())
    writeVector(scanner, p, field, value, new DataView(out.buffer, i * width, width));
  return encodeVectorArrayCell(field.elementType, field.dim, out);
}

const integerLimits: Readonly<Partial<Record<DataType, bigint>>> = {
  [DataType.Int8]: 2n ** 7n,
  [DataType.Int16]: 2n ** 15n,
  [DataType.Int32]: 2n ** 31n,
  [DataType.Int64]: 2n ** 63n,
};

function elementOf(value: unknown): unknown {
  return value instanceof WrittenNumber ? value.value : value;
}

function checkScalar(scanner: Scanner, p: number, field: FieldSchema, value: unknown): void {
  const { elementType, name } = field;
  if (!isScalar(elementType, value)) {
    const type = dataTypeName(elementType);
    scanner.invalid(p, `expected element type '${type}' in field '${name}', got value '${shown(value)}'`);
  }
  if (field.maxLength > 0 && typeof value === "string" && Buffer.byteLength(value) > field.maxLength)
    scanner.invalid(p, tooLong(field, Buffer.from(value)));
}

function isScalar(type: DataType, value: unknown): boolean {
  const limit = integerLimits[type];
  if (limit !== undefined) {
    const isInteger = typeof value === "bigint" || Number.isInteger(value);
    return isInteger && BigInt(value as number) >= -limit && BigInt(value as number) < limit;
  }
  if (type === DataType.Bool) return typeof value === "boolean";
  if (type === DataType.Float) return Number.isFinite(Math.fround(numberOf(value)));
  if (type === DataType.Double) return Number.isFinite(numberOf(value));
  return typeof value === "string";
}

function writeVector(scanner: Scanner, p: number, field: FieldSchema, value: unknown, out: DataView): void {
  const isBytes = field.elementType === DataType.BinaryVector || field.elementType === DataType.Int8Vector;
  const count = isBytes ? out.byteLength : field.dim;
  if (!Array.isArray(value) || value.some((item) => Number.isNaN(numberOf(item))))
    throw scanner.invalid(p, `expected a vector for field '${field.name}', got '${shown(value)}'`);
  if (value.length !== count)
    scanner.invalid(p, `expected dim '${count}' for field '${field.name}', got dim '${value.length}'`);
  for (const [i, item] of value.entries()) {
    const isWrong = isBytes && typeof item !== "number";
    if (isWrong || !writeElement(field.elementType, numberOf(item), out, i))
      scanner.invalid(p, `value '${shown(item)}' of field '${field.name}' is out of range`);
  }
}

function writeElement(type: DataType, value: number, out: DataView, i: number): boolean {
  switch (type) {
    case DataType.FloatVector:
      out.setFloat32(i * 4, value, true);
      return Number.isFinite(Math.fround(value));
    case DataType.Float16Vector:
      out.setUint16(i * 2, float32ToFloat16Bits(value), true);
      return (out.getUint16(i * 2, true) & 0x7fff) < 0x7c00;
    case DataType.BFloat16Vector:
      out.setUint16(i * 2, float32ToBfloat16Bits(value), true);
      return (out.getUint16(i * 2, true) & 0x7fff) < 0x7f80;
    case DataType.BinaryVector:
      out.setUint8(i, value);
      return Number.isInteger(value) && value >= -128 && value <= 255;
    default:
      out.setInt8(i, value);
      return Number.isInteger(value) && value >= -128 && value <= 127;
  }
}
