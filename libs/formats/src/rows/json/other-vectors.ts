import type { FixedBuilder } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { bsonVector, sparkVector } from "@sluice/values";
import { numbersOf } from "../../vector-cells.ts";
import type { Scanner } from "./scanner.ts";

const [OPEN_OBJECT, QUOTE] = [0x7b, 0x22];

/**
 * A dense vector that is not a list: MongoDB's or Spark's, which are objects, or a text. Answers the position behind it.
 * @param put takes each element, of a binary vector each byte; false: its type cannot hold it
 */
export function otherVector(
  scanner: Scanner,
  p: number,
  { field }: FixedBuilder,
  put: (index: number, value: number) => boolean,
): number {
  const type = dataTypeName(field.dataType);
  if (scanner.bytes[p] !== OPEN_OBJECT && scanner.bytes[p] !== QUOTE) scanner.wrongType(p, type);
  const end = scanner.skipValue(p);
  const values = elementsOf(scanner, p, end, field, type);
  const dim = field.dataType === DataType.BinaryVector ? values.length * 8 : values.length;
  if (dim !== field.dim)
    scanner.invalid(p, `expected dim '${field.dim}' for field '${field.name}' with type '${type}', got dim '${dim}'`);
  const bad = values.findIndex((value, i) => !put(i, value));
  if (bad >= 0) scanner.wrongType(p, type, `: its element ${bad} is out of range`);
  return end;
}

function elementsOf(scanner: Scanner, p: number, end: number, field: FieldSchema, type: string): number[] {
  const value = JSON.parse(scanner.text(p, end)) as string | Record<string, unknown>;
  try {
    const values =
      typeof value === "string" ? ofText(value, field) : (ofMongo(value, field.dataType) ?? ofSpark(value, field));
    if (values) return values;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    scanner.wrongType(p, type, `: ${error.message}`);
  }
  // JSON.stringify makes such of a Float32Array.
  const isTypedArray = Object.hasOwn(Object(value), "0") && typeof value !== "string";
  return scanner.wrongType(p, type, isTypedArray ? ": a vector is a list, write Array.from(vector)" : "");
}

/** A list of numbers, or the bits of a binary vector, as text: so PostgreSQL writes those of pgvector into JSON. */
function ofText(text: string, { dataType, dim }: FieldSchema): number[] | undefined {
  if (text.startsWith("[")) return numbersOf(text);
  if (dataType !== DataType.BinaryVector || !/^[01]+$/.test(text)) return undefined;
  if (text.length !== dim) throw new RangeError(`expected ${dim} bits, got ${text.length}`);
  return (text.match(/.{8}/g) ?? []).map((bits) => Number.parseInt(bits, 2));
}

function ofMongo(object: Readonly<Record<string, unknown>>, dataType: DataType): number[] | undefined {
  const vector = bsonVector(object);
  if (!vector) return undefined;
  const { elements, values } = vector;
  const fits =
    elements === "int8" ? dataType !== DataType.BinaryVector : (elements === "float32") === isOfFloats(dataType);
  if (!fits) throw new RangeError(`its elements are of the type ${elements}`);
  return values;
}

function ofSpark(object: Readonly<Record<string, unknown>>, { dataType, dim }: FieldSchema): number[] | undefined {
  return isOfFloats(dataType) ? sparkVector(object, dim) : undefined;
}

function isOfFloats(dataType: DataType): boolean {
  return dataType !== DataType.BinaryVector && dataType !== DataType.Int8Vector;
}
