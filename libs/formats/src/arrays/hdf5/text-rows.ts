import type { RowSource } from "../row-source.ts";
import type { Padding } from "./datatype.ts";
import { type Hdf5File, unsupported } from "./hdf5-file.ts";
import { longerThanKept, REFERENCE_BYTES, TextHeaps } from "./text-heaps.ts";

const COUNTED_TEXTS = 1 << 14;
/** Longest text; a field takes 65,535 bytes at most. */
const MAX_TEXT_BYTES = 1 << 20;

/** The length of the longest text, which all are given room for. @param rowItems texts of a row */
export async function longestText(
  references: RowSource,
  rowCount: number,
  rowItems: number,
  signal: AbortSignal,
): Promise<number> {
  let longest = 1;
  const step = Math.max(1, Math.floor(COUNTED_TEXTS / rowItems));
  for (let first = 0; first < rowCount; first += step) {
    const rows = Math.min(step, rowCount - first);
    const view = await referencesOf(references, first, rows, rowItems, signal);
    for (let at = 0; at < view.byteLength; at += REFERENCE_BYTES) longest = Math.max(longest, view.getUint32(at, true));
  }
  if (longest > MAX_TEXT_BYTES) throw unsupported(`a text has ${longest} bytes, more than ${MAX_TEXT_BYTES}`);
  return longest;
}

/** Texts as rows of `rowItems` of one length, NULs behind them. */
export function textRows(file: Hdf5File, references: RowSource, rowItems: number, textBytes: number): RowSource {
  const heaps = new TextHeaps(file);
  return {
    read: async (firstRow, rows, target, signal) => {
      const view = await referencesOf(references, firstRow, rows, rowItems, signal);
      target.fill(0, 0, rows * rowItems * textBytes);
      for (let i = 0; i < rows * rowItems; i++) {
        const at = i * REFERENCE_BYTES;
        const length = view.getUint32(at, true);
        if (length === 0) continue;
        if (length > textBytes) throw longerThanKept(length);
        target.set(await heaps.text(view, at), i * textBytes);
      }
    },
  };
}

async function referencesOf(
  references: RowSource,
  firstRow: number,
  rows: number,
  rowItems: number,
  signal: AbortSignal,
): Promise<DataView> {
  const bytes = new Uint8Array(rows * rowItems * REFERENCE_BYTES);
  await references.read(firstRow, rows, bytes, signal);
  return new DataView(bytes.buffer);
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
