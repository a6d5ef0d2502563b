import { DataType } from "@sluice/schema";
import { encodeSparseCell, float16BitsToFloat32 } from "@sluice/values";
import { readArray } from "./array-values.ts";

/** Bytes before the elements of a `vector` and `halfvec`: dimension, unused. */
const VECTOR_HEAD = 4;
/** Of a `sparsevec`: dimension, elements, unused. */
const SPARSE_HEAD = 12;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The elements of pgvector's `vector` or `halfvec`, or of an array of numbers; how many they are. `out` takes as many as it has room
 * for. @throws {RangeError} for what is none of these
 */
export function readFloats(bytes: Uint8Array, out: Float32Array): number {
  const view = viewOf(bytes);
  const dim = bytes.length >= VECTOR_HEAD ? view.getUint16(0) : -1;
  const count = Math.min(dim, out.length);
  if (bytes.length === VECTOR_HEAD + 4 * dim && dim > 0) {
    for (let i = 0; i < count; i++) out[i] = view.getFloat32(VECTOR_HEAD + 4 * i);
    return dim;
  }
  if (bytes.length === VECTOR_HEAD + 2 * dim && dim > 0) {
    for (let i = 0; i < count; i++) out[i] = float16BitsToFloat32(view.getUint16(VECTOR_HEAD + 2 * i));
    return dim;
  }
  const values = readArray(bytes, DataType.Double) as (number | bigint)[];
  for (let i = 0; i < Math.min(values.length, out.length); i++) out[i] = Number(values[i]);
  return values.length;
}

/** A `sparsevec`, whose indexes count from 0 here, as a cell. @throws {RangeError} */
export function readSparse(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  const count = bytes.length >= SPARSE_HEAD ? view.getInt32(4) : -1;
  if (bytes.length !== SPARSE_HEAD + 8 * count) throw new RangeError("it is no sparsevec of pgvector");
  const indices = Array.from({ length: count }, (_, i) => view.getInt32(SPARSE_HEAD + 4 * i));
  const values = Array.from({ length: count }, (_, i) => view.getFloat32(SPARSE_HEAD + 4 * (count + i)));
  return encodeSparseCell(indices, values);
}

/** The bytes of a `bit(n)`, and n. @throws {RangeError} */
export function readBits(bytes: Uint8Array): { readonly dim: number; readonly bits: Uint8Array } {
  const dim = bytes.length >= 4 ? viewOf(bytes).getInt32(0) : -1;
  if (bytes.length !== 4 + Math.ceil(dim / 8)) throw new RangeError("it is no bit string of PostgreSQL");
  return { dim, bits: bytes.subarray(4) };
}
