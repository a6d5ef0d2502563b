import { malformed } from "../one-file.ts";
import type { RowSource } from "../row-source.ts";
import type { Padding } from "./datatype.ts";
import { addressAt, type Hdf5File, uint16At, unsupported } from "./hdf5-file.ts";

/** What a data set has of each text: its length, the heap that it lies in, and its number there. */
export const REFERENCE_BYTES = 16;
const COUNTED_ROWS = 1 << 14;
/** Longest text; a field takes 65,535 bytes at most. */
const MAX_TEXT_BYTES = 1 << 20;
const HEAP_HEAD_BYTES = 16;
const OBJECT_BYTES = 16;

/** The length of the longest text, which all rows are given room for. */
export async function longestText(references: RowSource, rowCount: number, signal: AbortSignal): Promise<number> {
  let longest = 1;
  const view = new DataView(new ArrayBuffer(COUNTED_ROWS * REFERENCE_BYTES));
  for (let first = 0; first < rowCount; first += COUNTED_ROWS) {
    const rows = Math.min(COUNTED_ROWS, rowCount - first);
    await references.read(first, rows, new Uint8Array(view.buffer, 0, rows * REFERENCE_BYTES), signal);
    for (let i = 0; i < rows; i++) longest = Math.max(longest, view.getUint32(i * REFERENCE_BYTES, true));
  }
  if (longest > MAX_TEXT_BYTES) throw unsupported(`a text has ${longest} bytes, more than ${MAX_TEXT_BYTES}`);
  return longest;
}

/** Texts as rows of one length, NULs behind them. */
export function textRows(file: Hdf5File, references: RowSource, rowBytes: number): RowSource {
  const heaps = new Heaps(file);
  return {
    read: async (firstRow, rows, target, signal) => {
      const view = new DataView(new ArrayBuffer(rows * REFERENCE_BYTES));
      await references.read(firstRow, rows, new Uint8Array(view.buffer), signal);
      target.fill(0, 0, rows * rowBytes);
      for (let i = 0; i < rows; i++) {
        const at = i * REFERENCE_BYTES;
        const length = view.getUint32(at, true);
        if (length === 0) continue;
        const text = await heaps.object(addressAt(view, at + 4), view.getUint32(at + 12, true));
        if (length > rowBytes || length > text.length)
          throw malformed(`a text of ${length} bytes is longer than what was kept of it`, 0);
        target.set(text.subarray(0, length), i * rowBytes);
      }
    },
  };
}

/** Collections of texts; the last one is kept, since texts of rows that follow each other lie together. */
class Heaps {
  readonly #file: Hdf5File;
  #address = -1;
  #objects = new Map<number, Uint8Array>();

  constructor(file: Hdf5File) {
    this.#file = file;
  }

  async object(address: number, number: number): Promise<Uint8Array> {
    if (address !== this.#address) {
      this.#objects = await this.#load(address);
      this.#address = address;
    }
    const found = this.#objects.get(number);
    if (found) return found;
    throw malformed(`a text is number ${number} of a heap that has not so many`, this.#file.base + address);
  }

  async #load(address: number): Promise<Map<number, Uint8Array>> {
    const head = await this.#file.readSigned(address, HEAP_HEAD_BYTES, "GCOL", "a heap of texts");
    const size = addressAt(head, 8);
    const view = await this.#file.read(address, size, "a heap of texts");
    const objects = new Map<number, Uint8Array>();
    for (let at = HEAP_HEAD_BYTES; at + OBJECT_BYTES <= size; ) {
      const number = uint16At(view, at);
      const bytes = addressAt(view, at + 8);
      // Number 0 is the room that is left.
      if (number === 0) break;
      if (at + OBJECT_BYTES + bytes > size)
        throw malformed("a text is longer than its heap", this.#file.base + address);
      objects.set(number, new Uint8Array(view.buffer, view.byteOffset + at + OBJECT_BYTES, bytes));
      at += OBJECT_BYTES + Math.ceil(bytes / 8) * 8;
    }
    return objects;
  }
}

const BLANK = 0x20;

/** Texts of one length as NumPy has them, with zeros behind their ends, as HDF5 itself gives them. */
export function unpaddedRows(rows: RowSource, itemBytes: number, padding: Padding): RowSource {
  return {
    ...rows,
    read: async (firstRow, count, target, signal) => {
      await rows.read(firstRow, count, target, signal);
      for (let at = 0; at + itemBytes <= target.length; at += itemBytes) {
        const text = target.subarray(at, at + itemBytes);
        text.fill(0, padding === "blanks" ? endBeforeBlanks(text) : endAtZero(text));
      }
    },
  };
}

function endAtZero(text: Uint8Array): number {
  const end = text.indexOf(0);
  return end < 0 ? text.length : end;
}

function endBeforeBlanks(text: Uint8Array): number {
  let end = text.length;
  while (end > 0 && text[end - 1] === BLANK) end--;
  return end;
}
