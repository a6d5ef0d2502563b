// Vectors of Spark ML as its JSON and its columns have them: `{"type":0,"size":4,"indices":[1],"values":[0.5]}` sparse,
// `{"type":1,"values":[0,0.5,0,0]}` dense. Source: Spark, VectorUDT.

const [SPARSE, DENSE] = [0, 1];

/**
 * All elements of such a vector, sparse or dense; undefined for another object.
 * @param maxElements more are refused @throws {RangeError}
 */
export function sparkVector(object: Readonly<Record<string, unknown>>, maxElements: number): number[] | undefined {
  const { type, size, indices, values } = object;
  if (!Array.isArray(values) || (type !== SPARSE && type !== DENSE)) return undefined;
  if (!values.every((value) => typeof value === "number")) throw new RangeError("its values are not all numbers");
  if (type === DENSE) return values;
  if (!Array.isArray(indices) || indices.length !== values.length)
    throw new RangeError("indices and values length mismatch");
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0) throw new RangeError("its size is no integer");
  // A size is a claim, and costs memory.
  if (size > maxElements) throw new RangeError(`its size is ${size}, expected ${maxElements}`);
  return scattered(size, indices, values);
}

function scattered(size: number, indices: readonly unknown[], values: readonly number[]): number[] {
  const all = new Array<number>(size).fill(0);
  const seen = new Set<unknown>();
  for (const [i, index] of indices.entries()) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= size || seen.has(index))
      throw new RangeError(`its index ${index} is none below ${size}, or comes twice`);
    seen.add(index);
    all[index] = values[i];
  }
  return all;
}
