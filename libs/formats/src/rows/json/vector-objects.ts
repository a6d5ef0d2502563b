import type { FixedBuilder } from "@sluice/columns";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { bsonVector, sparkVector } from "@sluice/values";
import type { Scanner } from "./scanner.ts";

const OPEN_OBJECT = 0x7b;

/**
 * A dense vector that is not a list: MongoDB's or Spark's, which are objects. Answers the position behind it.
 * @param put takes each element, of a binary vector each byte; false: its type cannot hold it
 */
export function vectorObject(
  scanner: Scanner,
  p: number,
  { field }: FixedBuilder,
  put: (index: number, value: number) => boolean,
): number {
  const type = dataTypeName(field.dataType);
  if (scanner.bytes[p] !== OPEN_OBJECT) scanner.wrongType(p, type);
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
  const object = JSON.parse(scanner.text(p, end)) as Record<string, unknown>;
  try {
    const values = ofMongo(object, field.dataType) ?? ofSpark(object, field);
    if (values) return values;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    scanner.wrongType(p, type, `: ${error.message}`);
  }
  // JSON.stringify makes such of a Float32Array.
  const isTypedArray = Object.hasOwn(object, "0");
  return scanner.wrongType(p, type, isTypedArray ? ": a vector is a list, write Array.from(vector)" : "");
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
