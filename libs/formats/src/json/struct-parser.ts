import {
  type ArrayElement,
  type CollectionSchema,
  DataType,
  encodeArrayCell,
  encodeVectorArrayCell,
  type FieldSchema,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
  type StructSchema,
  vectorBytes,
} from "@sluice/schema";
import type { VarBuilder } from "./column-builder.ts";
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
  const elements = JSON.parse(scanner.text(p, end), exactIntegers as never) as Record<string, unknown>[];
  if (struct.maxCapacity > 0 && elements.length > struct.maxCapacity) {
    scanner.invalid(
      p,
      `array capacity(${elements.length}) for field ${struct.name} exceeds max_capacity(${struct.maxCapacity})`,
    );
  }
  for (const element of elements) checkKeys(scanner, p, struct, element);
  for (const [i, name] of struct.members.entries()) {
    const values = elements.map((element) => element[name]);
    members[i].put(row, encodeMember(scanner, p, members[i].field, values));
    members[i].setValid(row);
  }
  return end;
}

/** Integers beyond 2^53 keep all their digits. */
function exactIntegers(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
    ? BigInt(source ?? 0)
    : value;
}

function checkKeys(scanner: Scanner, p: number, struct: StructSchema, element: unknown): void {
  if (typeof element !== "object" || element === null || Array.isArray(element)) {
    scanner.invalid(p, `expected element type 'struct' in array field, got value '${JSON.stringify(element)}'`);
  }
  const missing = struct.members.find((member) => !(member in (element as object)));
  if (missing !== undefined) scanner.invalid(p, `value of field '${struct.name}[${missing}]' is missed`);
  const extra = Object.keys(element as object).find((key) => !struct.members.includes(key));
  if (extra !== undefined) scanner.invalid(p, `the field '${struct.name}[${extra}]' is not defined in schema`);
}

function encodeMember(scanner: Scanner, p: number, field: FieldSchema, values: readonly unknown[]): Uint8Array {
  if (field.dataType === DataType.Array) {
    for (const value of values) checkScalar(scanner, p, field, value);
    return encodeArrayCell(field.elementType, values as ArrayElement[]);
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

function checkScalar(scanner: Scanner, p: number, field: FieldSchema, value: unknown): void {
  if (isScalar(field, value)) return;
  const shown = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  scanner.invalid(p, `expected element type '${field.elementType}' in field '${field.name}', got value '${shown}'`);
}

function isScalar({ elementType, maxLength }: FieldSchema, value: unknown): boolean {
  const limit = integerLimits[elementType];
  if (limit !== undefined) {
    const isInteger = typeof value === "bigint" || Number.isInteger(value);
    return isInteger && BigInt(value as number) >= -limit && BigInt(value as number) < limit;
  }
  if (elementType === DataType.Bool) return typeof value === "boolean";
  if (elementType === DataType.Float) return typeof value === "number" && Number.isFinite(Math.fround(value));
  if (elementType === DataType.Double) return typeof value === "number" && Number.isFinite(value);
  return typeof value === "string" && (maxLength === 0 || Buffer.byteLength(value) <= maxLength);
}

function writeVector(scanner: Scanner, p: number, field: FieldSchema, value: unknown, out: DataView): void {
  const isBytes = field.elementType === DataType.BinaryVector || field.elementType === DataType.Int8Vector;
  const count = isBytes ? out.byteLength : field.dim;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "number"))
    scanner.invalid(p, `expected a vector for field '${field.name}', got '${JSON.stringify(value)}'`);
  if ((value as number[]).length !== count)
    scanner.invalid(p, `expected dim '${count}' for field '${field.name}', got dim '${(value as number[]).length}'`);
  for (const [i, item] of (value as number[]).entries()) {
    if (!writeElement(field.elementType, item, out, i))
      scanner.invalid(p, `value '${item}' of field '${field.name}' is out of range`);
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
      return Number.isInteger(value) && value >= 0 && value <= 255;
    default:
      out.setInt8(i, value);
      return Number.isInteger(value) && value >= -128 && value <= 127;
  }
}

/** The structs of a schema with the builders of their members, which are parallel to the schema's fields. */
export function structParsers(schema: CollectionSchema, builders: readonly unknown[]): StructParser[] {
  return schema.structs.map((struct) => ({
    struct,
    members: struct.members.map(
      (member) =>
        builders[schema.fields.findIndex((field) => field.name === `${struct.name}[${member}]`)] as VarBuilder,
    ),
  }));
}
