import { brotliDecompressSync, unzipSync, zstdDecompressSync } from "node:zlib";
import { Damage, NotSupported } from "../damage.ts";
import type { Codec } from "../format.ts";
import { newMemory, type PageMemory } from "../pages/page-memory.ts";
import { decodeLz4Any, decodeLz4Block, LZ4_MAX_RATIO } from "./lz4.ts";
import { decodeSnappy, SNAPPY_MAX_RATIO } from "./snappy.ts";
import { ZstdEngine } from "./zstd-engine.ts";

/** Of the zstd frames behind the first of a page. */
const FRAME_CHUNK_BYTES = 1 << 20;
/** Writers that cut a page into frames make them of 64 KiB and more. */
const MAX_FRAMES = 10_000;
/** Larger pages are rare, and their own memory is not kept. */
const ENGINE_BYTES = 4 << 20;

const EMPTY = new Uint8Array(0);

/** Decompresses the pages of one column; its output buffer is reused from page to page. */
export class Decompressor {
  readonly #memory: PageMemory;
  #buffer = new Uint8Array(0);

  constructor(memory = newMemory) {
    this.#memory = memory;
  }

  /** The `size` bytes that `input` stands for; valid until the next call. @throws {Damage} */
  decompress(codec: Codec, input: Uint8Array, size: number): Uint8Array {
    if (size === 0) return EMPTY; // Writers differ in what an empty page looks like when compressed.
    switch (codec) {
      case "UNCOMPRESSED":
        if (input.length !== size) throw new Damage(`a page of ${input.length} bytes announces ${size}`);
        return input;
      case "SNAPPY":
        return this.#own(input, size, SNAPPY_MAX_RATIO, decodeSnappy);
      case "LZ4":
        return this.#own(input, size, LZ4_MAX_RATIO, decodeLz4Any);
      case "LZ4_RAW":
        return this.#own(input, size, LZ4_MAX_RATIO, decodeLz4Raw);
      case "GZIP":
        return viaZlib("gzip", size, (limits) => unzipSync(input, limits));
      case "BROTLI":
        return viaZlib("brotli", size, (limits) => brotliDecompressSync(input, limits));
      case "ZSTD":
        if (size <= ENGINE_BYTES && engineFills(input, this.#take(size))) return this.#buffer.subarray(0, size);
        return viaZlib("zstd", size, (limits) => decompressZstd(input, size, limits));
      default:
        throw new NotSupported(`codec ${codec} is not supported: write the file with ZSTD, SNAPPY or no compression`);
    }
  }

  #own(
    input: Uint8Array,
    size: number,
    maxRatio: number,
    decode: (input: Uint8Array, output: Uint8Array) => void,
  ): Uint8Array {
    if (size > input.length * maxRatio) throw new Damage(`${input.length} compressed bytes cannot hold ${size}`);
    const output = this.#take(size);
    decode(input, output);
    return output;
  }

  #take(size: number): Uint8Array {
    if (this.#buffer.length < size) {
      this.release();
      this.#buffer = this.#memory.take(Math.max(size, Math.min(size * 2, 1 << 20)));
    }
    return this.#buffer.subarray(0, size);
  }

  /** Gives its memory back. It may be used again. */
  release(): void {
    this.#memory.give(this.#buffer);
    this.#buffer = new Uint8Array(0);
  }
}

/** One a thread: calls do not overlap. Null where this Node has none. */
let engine: ZstdEngine | null | undefined;

/** What it does not take, for whatever reason, is left to node:zlib, which has the words for damage. */
function engineFills(input: Uint8Array, output: Uint8Array): boolean {
  if (engine === undefined) engine = ZstdEngine.open() ?? null;
  if (!engine) return false;
  const isFilled = engine.decode(input, output, MAX_FRAMES);
  if (!isFilled) engine = undefined;
  return isFilled;
}

function decodeLz4Raw(input: Uint8Array, output: Uint8Array): void {
  const written = decodeLz4Block(input, output);
  if (written !== output.length) throw new Damage(`lz4: expected ${output.length} bytes, got ${written}`);
}

/** Options that all of zlib's decompressors take. */
interface Limits {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

function viaZlib(name: string, size: number, run: (limits: Limits) => Uint8Array): Uint8Array {
  let output: Uint8Array;
  try {
    // The output is built in one piece: with smaller chunks all of it would be copied once more at the end. A byte more than
    // announced, since zlib allocates a second chunk when one is filled to the brim. Untouched memory costs nothing.
    output = run({ maxOutputLength: size, chunkSize: Math.max(size + 1, 64) });
  } catch (error) {
    throw new Damage(`${name}: ${(error as Error).message}`);
  }
  if (output.length !== size) throw new Damage(`${name}: expected ${size} bytes, got ${output.length}`);
  return output;
}

/**
 * node:zlib stops silently behind the first zstd frame, and a page may have several: it is asked again until all is used. Each
 * call costs some microseconds and a buffer, so that frames have a number and all but the first come in small pieces.
 */
function decompressZstd(input: Uint8Array, size: number, limits: Limits): Uint8Array {
  const first = zstdFrame(input, limits);
  if (first.used === input.length) return first.output;
  const whole = new Uint8Array(size);
  let total = 0;
  let at = 0;
  for (let frame = first, count = 1; ; frame = zstdFrame(input.subarray(at), nextLimits(size - total)), count++) {
    if (frame.output.length > size - total || count > MAX_FRAMES)
      throw new Damage("its frames hold more than announced");
    whole.set(frame.output, total);
    total += frame.output.length;
    at += frame.used;
    if (at === input.length) return whole.subarray(0, total);
  }
}

function zstdFrame(input: Uint8Array, limits: Limits): { readonly output: Uint8Array; readonly used: number } {
  const { buffer, engine } = infoOf(zstdDecompressSync(input, { ...limits, info: true }));
  if (engine.bytesWritten <= 0) throw new Damage("the data end with something that is no frame");
  return { output: buffer, used: engine.bytesWritten };
}

/** zlib refuses a limit of zero; what exceeds `left` is noticed afterwards. */
function nextLimits(left: number): Limits {
  return { maxOutputLength: Math.max(left, 1), chunkSize: Math.min(Math.max(left + 1, 64), FRAME_CHUNK_BYTES) };
}

/** With the option `info`, zlib answers the output together with the engine that knows how much input was used. */
function infoOf(result: unknown): { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } } {
  return result as ReturnType<typeof infoOf>;
}
