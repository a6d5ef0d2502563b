import type { FixedBuilder } from "@sluice/columns";
import { dataTypeName } from "@sluice/schema";
import { sparkVector } from "@sluice/values";
import type { Scanner } from "./scanner.ts";

const OPEN_OBJECT = 0x7b;

/**
 * A dense vector that is not a list: Spark's, which is an object. Answers the position behind it.
 * @param put takes each element; false: its type cannot hold it
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
  const values = elementsOf(scanner, p, end, field.dim, type);
  if (values.length !== field.dim)
    scanner.invalid(
      p,
      `expected dim '${field.dim}' for field '${field.name}' with type '${type}', got dim '${values.length}'`,
    );
  const bad = values.findIndex((value, i) => !put(i, value));
  if (bad >= 0) scanner.wrongType(p, type, `: its element ${bad} is out of range`);
  return end;
}

function elementsOf(scanner: Scanner, p: number, end: number, dim: number, type: string): number[] {
  const object = JSON.parse(scanner.text(p, end)) as Record<string, unknown>;
  try {
    const values = sparkVector(object, dim);
    if (values) return values;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    scanner.wrongType(p, type, `: ${error.message}`);
  }
  // JSON.stringify makes such of a Float32Array.
  const isTypedArray = Object.hasOwn(object, "0");
  return scanner.wrongType(p, type, isTypedArray ? ": a vector is a list, write Array.from(vector)" : "");
}
