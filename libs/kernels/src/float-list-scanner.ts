import { isPooled } from "@sluice/async";
import { BYTES_BEHIND, type FloatKernel, ownFloatKernel, pooledFloatKernel, TABLES_END } from "./float-kernel.ts";

/** Longest list, that of the greatest dimension. */
const MAX_COUNT = 32_768;
/** No number that is printed for a float or a double takes more, with its comma and a blank. */
const NUMBER_BYTES = 32;
/** Layout of the memory that lists are copied into, behind the kernel's tables: floats, text, zeros. */
const OUT = TABLES_END;
const TEXT = OUT + 4 * MAX_COUNT;
const MAX_TEXT_BYTES = MAX_COUNT * NUMBER_BYTES;
const PAGES = Math.ceil((TEXT + MAX_TEXT_BYTES + BYTES_BEHIND) / 65_536);
const SENTINEL_BYTES = 64;

/**
 * Reads lists of equally many numbers as float32, two of them at a time in WebAssembly: four times as fast as `scanFloat32`, whose
 * result it has wherever it has one. Text and floats that lie in the thread's arena are read and written there; others are copied,
 * which costs a fifth of what that saves.
 */
export class FloatListScanner {
  readonly #count: number;
  /** Of what was scanned last, whose memory `#source` is, and whether it, and what the floats went to, lie in the arena. */
  #bytes: Uint8Array | undefined;
  #out: Float32Array | undefined;
  #kernel: FloatKernel | null = null;
  #source: Buffer | undefined;
  /** Where copies go, and their floats come from. */
  #copy: { readonly text: Buffer; readonly floats: Float32Array; readonly kernel: FloatKernel } | undefined;
  /** Bytes of text that are copied: somewhat more than the last list had. */
  #ahead: number;

  /** @param count of numbers in a list, 1 to 32,768 */
  constructor(count: number) {
    if (!(count >= 1 && count <= MAX_COUNT)) throw new RangeError(`a list of ${count} numbers`);
    this.#count = count;
    this.#ahead = count * NUMBER_BYTES;
  }

  /**
   * Reads the list whose first number is at `bytes[at]`, in text that ends at `end`, into `out` from `index` on. Numbers are
   * parted by a comma and one blank at most. Answers the position behind the closing bracket; 0, with anything in `out`, where
   * the text is another, is invalid or ends too early, or where a number takes an exact look: `scanFloat32` decides these.
   */
  scan(bytes: Uint8Array, at: number, end: number, out: Float32Array, index: number): number {
    if (bytes !== this.#bytes || out !== this.#out) this.#open(bytes, out);
    const kernel = this.#kernel;
    if (!kernel) return this.#scanCopy(bytes, at, end, out, index);
    const base = bytes.byteOffset;
    const behind = kernel.scanFloats(base + at, base + end, this.#count, out.byteOffset + 4 * index) - base;
    return behind > 0 && behind <= end ? behind : 0;
  }

  #open(bytes: Uint8Array, out: Float32Array): void {
    this.#bytes = bytes;
    this.#out = out;
    this.#source = undefined;
    const isPlaced =
      isPooled(bytes) && isPooled(out) && bytes.byteOffset + bytes.length + BYTES_BEHIND <= bytes.buffer.byteLength;
    this.#kernel = isPlaced ? pooledFloatKernel() : null;
  }

  #scanCopy(bytes: Uint8Array, at: number, end: number, out: Float32Array, index: number): number {
    this.#copy ??= copyFor(this.#count);
    this.#source ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { text, floats, kernel } = this.#copy;
    const length = Math.min(end - at, this.#ahead, MAX_TEXT_BYTES);
    this.#source.copy(text, 0, at, at + length);
    text.fill(0, length, length + SENTINEL_BYTES);
    const behind = kernel.scanFloats(TEXT, TEXT + length, this.#count, OUT);
    if (behind === 0) {
      this.#ahead = Math.max(this.#ahead, this.#count * NUMBER_BYTES);
      return 0;
    }
    const used = behind - TEXT;
    this.#ahead = used + (used >>> 3) + SENTINEL_BYTES;
    out.set(floats, index);
    return at + used;
  }
}

function copyFor(count: number) {
  const kernel = ownFloatKernel(PAGES);
  return { kernel, text: Buffer.from(kernel.memory, TEXT), floats: new Float32Array(kernel.memory, OUT, count) };
}
