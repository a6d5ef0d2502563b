import { Damage, damageError } from "@sluice/parquet";
import type { ArrayHeader } from "../array-column.ts";
import type { RowSource } from "../row-source.ts";
import { decoded, type StoredChunk, type StoredChunks } from "./chunk-files.ts";
import { fillBytes } from "./data-types.ts";
import type { ZarrArray } from "./metadata.ts";
import { malformed, unsupported } from "./unsupported.ts";

/** Longest text; a field takes 65,535 bytes at most. */
const MAX_TEXT_BYTES = 1 << 20;

/**
 * Texts, each behind its length, and their number before them. Source: numcodecs 0.16, `vlen-utf8`. They are read twice: all
 * rows get the room of the longest one.
 */
export async function textHeader(array: ZarrArray, stored: StoredChunks, signal: AbortSignal): Promise<ArrayHeader> {
  const { name, shape, chunk } = array;
  if (shape.length !== 1) throw unsupported(name, `holds texts in ${shape.length} dimensions`);
  const chunks = new TextChunks(array, stored);
  const count = Math.ceil(shape[0] / chunk[0]);
  let longest = 1;
  for (let i = 0; i < count; i++) longest = Math.max(longest, await chunks.longest(i, signal));
  return {
    descr: `|S${longest}`,
    fortranOrder: false,
    shape,
    dataOffset: 0,
    rows: textRows(chunks, chunk[0], longest),
  };
}

function textRows(chunks: TextChunks, chunkRows: number, rowBytes: number): RowSource {
  return {
    read: async (firstRow, rows, target, signal) => {
      target.fill(0, 0, rows * rowBytes);
      for (let i = 0; i < rows; i++) {
        const row = firstRow + i;
        const texts = await chunks.load(Math.floor(row / chunkRows), signal);
        const text = texts.at(row % chunkRows);
        if (text.length > rowBytes) throw new Error("a text has grown since all were measured");
        target.set(text, i * rowBytes);
      }
    },
  };
}

/** The texts of a chunk, by where they end in its bytes. */
class Texts {
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  longest = 0;

  /** @throws {Damage} @param most texts in a chunk */
  constructor(bytes: Uint8Array, most: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = bytes.length < 4 ? -1 : view.getUint32(0, true);
    if (count < 0 || count > most) throw new Damage(`it has ${count} texts, and should have ${most}`);
    this.#bytes = bytes;
    this.#ends = new Uint32Array(count);
    let at = 4;
    for (let i = 0; i < count; i++) {
      const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
      if (at + 4 + length > bytes.length) throw new Damage(`text ${i} lies behind its end`);
      this.longest = Math.max(this.longest, length);
      this.#ends[i] = at += 4 + length;
    }
  }

  get count(): number {
    return this.#ends.length;
  }

  at(index: number): Uint8Array {
    const begin = index === 0 ? 8 : this.#ends[index - 1] + 4;
    return this.#bytes.subarray(begin, this.#ends[index]);
  }
}

/** The last chunk is kept, since rows follow each other. */
class TextChunks {
  readonly #array: ZarrArray;
  readonly #stored: StoredChunks;
  #loaded = -1;
  #texts: Texts | undefined;

  constructor(array: ZarrArray, stored: StoredChunks) {
    this.#array = array;
    this.#stored = stored;
  }

  async longest(index: number, signal: AbortSignal): Promise<number> {
    const { longest } = await this.load(index, signal);
    if (longest <= MAX_TEXT_BYTES) return longest;
    throw unsupported(this.#array.name, `has a text of ${longest} bytes, more than ${MAX_TEXT_BYTES}`);
  }

  async load(index: number, signal: AbortSignal): Promise<Texts> {
    if (this.#texts && this.#loaded === index) return this.#texts;
    const found = await this.#stored([index], signal);
    const texts = found ? this.#parsed(found, index) : this.#filled();
    [this.#texts, this.#loaded] = [texts, index];
    return texts;
  }

  #parsed(found: StoredChunk, index: number): Texts {
    const { codecs, chunk, shape } = this.#array;
    const bytes = decoded(codecs, found.bytes, undefined, found.file, found.byteOffset);
    try {
      const texts = new Texts(bytes, chunk[0]);
      const needed = Math.min(chunk[0], shape[0] - index * chunk[0]);
      if (texts.count < needed) throw new Damage(`it has ${texts.count} texts, and should have ${needed}`);
      return texts;
    } catch (error) {
      throw damageError(error, "a chunk of the zarr store", { file: found.file.path });
    }
  }

  #filled(): Texts {
    const { elements, fill, name, chunk } = this.#array;
    const text = fillBytes(elements, fill, name);
    if (!text) throw malformed(name, "lacks a chunk, and tells no value for what was never written");
    const one = Buffer.concat([Buffer.from(Uint32Array.of(text.length).buffer), text]);
    const bytes = Buffer.concat([
      Buffer.from(Uint32Array.of(chunk[0]).buffer),
      Buffer.alloc(one.length * chunk[0], one),
    ]);
    return new Texts(bytes, chunk[0]);
  }
}
