import { bfloat16BitsToFloat32, float16BitsToFloat32 } from "@sluice/values";

/** Numbers as files have them, little-endian; Bool is a byte. */
export type NumberKind =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float"
  | "double";

/** The same memory, by width of what lies in it. A `FixedBuffer` is one. */
export interface NumberViews {
  readonly bytes: Uint8Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array;
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
  readonly int64: BigInt64Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** Views of memory that is 8-byte aligned. What is behind the last whole number of a width is in no view of that width. */
export function viewsOf(bytes: Uint8Array): NumberViews {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = <T>(array: new (buffer: ArrayBufferLike, offset: number, length: number) => T, width: number) =>
    new array(buffer, byteOffset, Math.floor(byteLength / width));
  return {
    bytes,
    int8: view(Int8Array, 1),
    int16: view(Int16Array, 2),
    uint16: view(Uint16Array, 2),
    int32: view(Int32Array, 4),
    uint32: view(Uint32Array, 4),
    int64: view(BigInt64Array, 8),
    float32: view(Float32Array, 4),
    float64: view(Float64Array, 8),
  };
}

/** Signed or not; Bool is none. */
export function isInteger(kind: string): boolean {
  return /^u?int\d+$/.test(kind);
}

/** The halves, too. */
export function isFloat(kind: string): kind is "float16" | "bfloat16" | "float" | "double" {
  return kind === "float" || kind === "double" || kind === "float16" || kind === "bfloat16";
}

/** One number, as a double: exact but for integers beyond 2^53. */
export type NumberReader = (from: NumberViews, index: number) => number;

/** The number at an index; those of 64 bits are rounded beyond 2^53. */
export const numberReaders: Readonly<Record<NumberKind, NumberReader>> = {
  bool: ({ bytes }, i) => bytes[i],
  int8: ({ int8 }, i) => int8[i],
  uint8: ({ bytes }, i) => bytes[i],
  int16: ({ int16 }, i) => int16[i],
  uint16: ({ uint16 }, i) => uint16[i],
  int32: ({ int32 }, i) => int32[i],
  uint32: ({ uint32 }, i) => uint32[i],
  int64: ({ int64 }, i) => Number(int64[i]),
  uint64: ({ int64 }, i) => Number(BigInt.asUintN(64, int64[i])),
  float16: ({ uint16 }, i) => float16BitsToFloat32(uint16[i]),
  bfloat16: ({ uint16 }, i) => bfloat16BitsToFloat32(uint16[i]),
  float: ({ float32 }, i) => float32[i],
  double: ({ float64 }, i) => float64[i],
};

/** One number, exactly, for people. */
export function numberText(kind: NumberKind, from: NumberViews, index: number): string {
  if (kind === "int64") return String(from.int64[index]);
  if (kind === "uint64") return String(BigInt.asUintN(64, from.int64[index]));
  return String(numberReaders[kind](from, index));
}

/** Up to here, floats of a kind tell each integer from its neighbours; from here on, another one may have been meant. */
export const exactBelow = { float16: 2 ** 11, bfloat16: 2 ** 8, float: 2 ** 24, double: 2 ** 53 } as const;

/** Why a whole number in a float is not taken for an integer, to follow the number; empty where that is not the reason. */
export function inexactWords(kind: string, from: NumberViews, index: number): string {
  if (!isFloat(kind)) return "";
  const value = Math.abs(numberReaders[kind](from, index));
  const limit = exactBelow[kind];
  if (!Number.isInteger(value) || value < limit) return "";
  return `: from ${limit} on, a ${kind} may be another integer that was rounded; write the column as integers`;
}
