import type { RowSource } from "../row-source.ts";
import type { Padding } from "./datatype.ts";
import { type Hdf5File, unsupported } from "./hdf5-file.ts";
import { longerThanKept, REFERENCE_BYTES, TextHeaps } from "./text-heaps.ts";

const COUNTED_ROWS = 1 << 14;
/** Longest text; a field takes 65,535 bytes at most. */
const MAX_TEXT_BYTES = 1 << 20;

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
  const heaps = new TextHeaps(file);
  return {
    read: async (firstRow, rows, target, signal) => {
      const view = new DataView(new ArrayBuffer(rows * REFERENCE_BYTES));
      await references.read(firstRow, rows, new Uint8Array(view.buffer), signal);
      target.fill(0, 0, rows * rowBytes);
      for (let i = 0; i < rows; i++) {
        const at = i * REFERENCE_BYTES;
        const length = view.getUint32(at, true);
        if (length === 0) continue;
        if (length > rowBytes) throw longerThanKept(length);
        target.set(await heaps.text(view, at), i * rowBytes);
      }
    },
  };
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
