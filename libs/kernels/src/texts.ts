import { ARENA_SCRATCH_BYTES, isPooled, pooledMemory } from "@sluice/async";
import { texts as code } from "./gen/texts.ts";
import { instantiateIn } from "./web-assembly.ts";

// Values of any length where they lie in the thread's arena. Each function answers that it does nothing elsewhere: the caller has a twin in
// TypeScript, which copies a value by `copyShort` or a call, and takes several times as long.

interface Kernel {
  readonly takePlainTexts: (
    ...args: [at: number, end: number, count: number, offsets: number, data: number, room: number, soft: number]
  ) => number;
  readonly takeNumberedTexts: (
    ...args: [
      ...[numbers: number, count: number, from: number, fromEnd: number, fromOffsets: number],
      ...[offsets: number, data: number, room: number, soft: number],
    ]
  ) => number;
  readonly placeTexts: (
    ...args: [source: number, sourceEnd: number, froms: number, offsets: number, count: number, target: number]
  ) => void;
  readonly writePlainTexts: (
    ...args: [data: number, dataEnd: number, offsets: number, count: number, target: number, stop: number]
  ) => void;
  /** Room for a list of a call. */
  readonly list: Uint32Array<ArrayBuffer>;
}

/** The list begins behind the page that holds keys and hashes. */
const LIST = 1 << 16;
/** Most numbers of a call. */
const MAX_NUMBERS = (ARENA_SCRATCH_BYTES - LIST) / 4;
const MAX_UINT32 = 0xffffffff;

let kernel: Kernel | null | undefined;

function loadKernel(): Kernel | null {
  const memory = pooledMemory();
  if (!memory) return null;
  const list = new Uint32Array(memory.buffer, LIST, MAX_NUMBERS);
  return { ...instantiateIn<Omit<Kernel, "list">>(code, memory), list };
}

/** Values one behind the other, with room for more. */
export interface TextRoom {
  readonly data: Uint8Array;
  /** `count + 1` of them count. */
  readonly offsets: Uint32Array;
  readonly count: number;
  /** No value is added once so many bytes are there. */
  readonly softLimit: number;
}

/**
 * Adds values in PLAIN encoding from `bytes[at, end)`, `limit` at most, which have offsets already; it ends before one that is not whole or
 * has no room. Answers how many.
 */
export function takePlainTexts(bytes: Uint8Array, at: number, end: number, limit: number, to: TextRoom): number {
  const { data, offsets, count } = to;
  if (!isPooled(bytes) || !isPooled(data) || !isPooled(offsets)) return 0;
  kernel ??= loadKernel();
  const start = bytes.byteOffset;
  const [from, most] = [start + at, Math.min(limit, offsets.length - 1 - count)];
  const where = offsets.byteOffset + 4 * count;
  return kernel?.takePlainTexts(from, start + end, most, where, data.byteOffset, data.length, softOf(to)) ?? 0;
}

/** As `takePlainTexts`, values of others by their numbers, all of which the others have. */
export function takeNumberedTexts(
  numbers: Int32Array,
  others: Pick<TextRoom, "data" | "offsets">,
  to: TextRoom,
): number {
  const { data, offsets, count } = to;
  if (!isPooled(others.data) || !isPooled(others.offsets) || !isPooled(data) || !isPooled(offsets)) return 0;
  kernel ??= loadKernel();
  if (!kernel) return 0;
  const most = Math.min(numbers.length, offsets.length - 1 - count, MAX_NUMBERS);
  kernel.list.set(numbers.subarray(0, most));
  const { byteOffset: from, length } = others.data;
  return kernel.takeNumberedTexts(
    ...([LIST, most, from, from + length, others.offsets.byteOffset] as const),
    ...([offsets.byteOffset + 4 * count, data.byteOffset, data.length, softOf(to)] as const),
  );
}

/**
 * Copies values that begin at `froms` of the source to where the offsets say, which follow each other from 0 on. False where it does
 * nothing. @param target has room for them
 */
export function placeTexts(source: Uint8Array, froms: Uint32Array, offsets: Uint32Array, target: Uint8Array): boolean {
  if (!isPooled(source) || !isPooled(froms) || !isPooled(offsets) || !isPooled(target)) return false;
  kernel ??= loadKernel();
  const [from, to] = [source.byteOffset, target.byteOffset];
  kernel?.placeTexts(from, from + source.length, froms.byteOffset, offsets.byteOffset, froms.length, to);
  return kernel !== null;
}

/** Writes values `[from, to)` in PLAIN encoding to the beginning of the target, which has room for them. False where it does nothing. */
export function writePlainTexts(
  { data, offsets }: Pick<TextRoom, "data" | "offsets">,
  from: number,
  to: number,
  target: Uint8Array,
): boolean {
  if (!isPooled(data) || !isPooled(offsets) || !isPooled(target)) return false;
  kernel ??= loadKernel();
  const [start, at] = [data.byteOffset, target.byteOffset];
  const first = offsets.byteOffset + 4 * from;
  kernel?.writePlainTexts(start, start + data.length, first, to - from, at, at + target.length);
  return kernel !== null;
}

function softOf({ softLimit }: TextRoom): number {
  return Math.min(MAX_UINT32, Math.ceil(softLimit));
}
