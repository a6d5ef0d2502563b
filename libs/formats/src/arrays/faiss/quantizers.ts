import type { FileCursor } from "../file-cursor.ts";
import { MAX_DIM, malformed } from "../one-file.ts";
import type { IndexHeader } from "./index-header.ts";
import type { ScalarQuantizer, StoredVectors, VectorCodes } from "./stored-vectors.ts";

// Quantizers, and the indexes that are nothing but codes of one.

const POSITION = { kind: "position" } as const;

/** How a float becomes a code, component by component. */
export async function readQuantizer(cursor: FileCursor): Promise<ScalarQuantizer> {
  const type = await cursor.i32();
  cursor.skip(2, 4, "its quantizer");
  const dim = await cursor.count("the dimension of its quantizer");
  const codeBytes = await cursor.count("the bytes of a code");
  const { count } = await trainedPlace(cursor, dim);
  const trained = new Float32Array(count);
  for (let i = 0; i < count; i++) trained[i] = await cursor.f32();
  return { type, codeBytes, trained };
}

/** Two numbers a component at most; read here, since decoding wants them in memory. */
async function trainedPlace(cursor: FileCursor, dim: number): Promise<{ count: number }> {
  const count = await cursor.count("the numbers that its quantizer has learned");
  if (count > 2 * dim || dim > MAX_DIM)
    throw malformed(`its quantizer has learned ${count} numbers`, cursor.position - 8);
  return { count };
}

/** Codes in order. */
export async function scalar(cursor: FileCursor, header: IndexHeader): Promise<StoredVectors> {
  const quantizer = await readQuantizer(cursor);
  const { start, count } = await cursor.skipVector(1, "bytes of codes");
  if (count !== header.rowCount * quantizer.codeBytes)
    throw malformed(`its codes are ${count} bytes for ${header.rowCount} vectors of ${quantizer.codeBytes}`, start - 8);
  return { ...header, codes: { kind: "scalar", quantizer }, place: start, ids: POSITION };
}

/** Vectors cannot be had from them. */
export const PRODUCT: VectorCodes = { kind: "none", what: "a product quantizer, whose codes are approximations" };

/** No vector is made by it: its codes are approximations. */
export async function skipProductQuantizer(cursor: FileCursor): Promise<void> {
  cursor.skip(3, 8, "its product quantizer");
  await cursor.skipVector(4, "centroids");
}

/** Codes in order. */
export async function productQuantizer(cursor: FileCursor, header: IndexHeader): Promise<StoredVectors> {
  await skipProductQuantizer(cursor);
  const { start } = await cursor.skipVector(1, "bytes of codes");
  cursor.skip(1, 4 + 1 + 4, "how it is searched");
  return { ...header, codes: PRODUCT, place: start, ids: POSITION };
}

/** It finds lists and holds no vectors. */
export async function multiIndex(cursor: FileCursor, header: IndexHeader): Promise<StoredVectors> {
  await skipProductQuantizer(cursor);
  return { ...header, rowCount: 0, codes: { kind: "none", what: "a multi-index" }, place: 0, ids: POSITION };
}
