import { ARENA_SCRATCH_BYTES, pooledMemory } from "@sluice/async";
import { floatVectors } from "./gen/float-vectors.ts";
import { POWERS } from "./powers.ts";
import { instantiateIn, type KernelMemory, ownMemory } from "./web-assembly.ts";

/** Reads lists of numbers where they lie in its memory: see assembly/float-vectors.ts. */
export interface FloatKernel {
  readonly scanFloats: (at: number, end: number, count: number, out: number) => number;
  readonly memory: ArrayBuffer;
}

/** Where tables begin, and where they and the kernel's list of commas end. */
const TABLES = 0xf0000;
/** The end of both; what is behind it is for who calls the kernel. */
export const TABLES_END = 1 << 20;
/** How far the kernel may read behind the end of a text. */
export const BYTES_BEHIND = 256;
/** Bound of the relative error of the fast value. */
const ERROR = 2 ** -45;

let own: FloatKernel | undefined;
let pooled: FloatKernel | null | undefined;

/** One a thread, in a memory that lists are copied into: they are scanned one at a time. @param pages that it has */
export function ownFloatKernel(pages: number): FloatKernel {
  own ??= loadKernel(ownMemory(pages));
  return own;
}

/** One a thread, in its arena; null where there is none. */
export function pooledFloatKernel(): FloatKernel | null {
  if (pooled !== undefined) return pooled;
  const memory = pooledMemory();
  pooled = memory && TABLES_END <= ARENA_SCRATCH_BYTES ? loadKernel(memory) : null;
  return pooled;
}

function loadKernel(memory: KernelMemory): FloatKernel {
  fillTables(memory.buffer);
  const { scanFloats } = instantiateIn<Pick<FloatKernel, "scanFloats">>(floatVectors, memory);
  return { scanFloats, memory: memory.buffer };
}

/** What assembly/parts/float-tables.ts names. */
function fillTables(memory: ArrayBuffer): void {
  const doubles = (at: number, values: ArrayLike<number>) =>
    new Float64Array(memory, TABLES + at, values.length).set(values);
  const bytes = (at: number, length: number) => new Uint8Array(memory, TABLES + at, length);
  for (const [i, byte] of [0x2c, 0x30, 9].entries()) bytes(16 * i, 16).fill(byte);
  // Weights of digits, of pairs and of fours of them.
  for (const [i, word] of [0x010a010a, 0x00010064, 0x00012710].entries())
    new Uint32Array(memory, TABLES + 48 + 16 * i, 4).fill(word);
  for (const [i, factor] of [1e8, 1e-16, 1 - ERROR, 1 + ERROR].entries()) doubles(96 + 16 * i, [factor, factor]);
  doubles(256, POWERS);
  for (let whole = 0; whole <= 16; whole++) bytes(1280 + 16 * whole, 16).set(orderAround(whole));
  bytes(1568, 64).fill(0).fill(0xff, 0, 32);
  doubles(
    1632,
    Array.from({ length: 64 }, (_, count) => (count > 16 ? 1e-16 : 0)),
  );
  doubles(
    2144,
    Array.from({ length: 64 }, (_, count) => (count > 15 ? 10 : 0)),
  );
}

/** Places of the bytes around the point behind `whole` digits; the last one is none. */
function orderAround(whole: number): number[] {
  return Array.from({ length: 16 }, (_, i) => (i < whole ? i : i < 15 ? i + 1 : 0xff));
}
