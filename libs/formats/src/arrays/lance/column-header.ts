import { Damage, damageError } from "@sluice/parquet";
import type { ArrayHeader } from "../array-column.ts";
import type { RowSource } from "../row-source.ts";
import type { Block, ColumnValues } from "./column-values.ts";
import { columnUnsupported, type LanceField } from "./manifest.ts";
import type { Texts } from "./texts.ts";

/** NumPy's names of types. */
const descrs: Readonly<Record<string, string>> = {
  ...{
    int8: "|i1",
    int16: "<i2",
    int32: "<i4",
    int64: "<i8",
    uint8: "|u1",
    uint16: "<u2",
    uint32: "<u4",
    uint64: "<u8",
  },
  ...{ halffloat: "<f2", float: "<f4", double: "<f8", "lance.bfloat16": "<V2", bool: "|b1" },
  ...{
    "timestamp:s:-": "<M8[s]",
    "timestamp:ms:-": "<M8[ms]",
    "timestamp:us:-": "<M8[us]",
    "timestamp:ns:-": "<M8[ns]",
  },
};
const itemSizes: Readonly<Record<string, number>> = { "1": 1, "2": 2, "4": 4, "8": 8, "]": 8 };
/** Longest text; a field takes 65,535 bytes at most. */
const MAX_TEXT_BYTES = 1 << 20;

/** @throws {ImportError} `unsupported` for types that no field takes */
export async function columnHeader(
  { name, type }: LanceField,
  rowCount: number,
  values: ColumnValues,
  signal: AbortSignal,
): Promise<ArrayHeader> {
  const base = { fortranOrder: false, dataOffset: 0 };
  if (type === "string" || type === "large_string") {
    const longest = await longestText(name, values, rowCount, signal);
    return { ...base, descr: `|S${longest}`, shape: [rowCount], rows: textRows(values, longest) };
  }
  const [, item, items] = /^fixed_size_list:(.+):(\d+)$/.exec(type) ?? [];
  const descr = Object.hasOwn(descrs, item ?? type) ? descrs[item ?? type] : undefined;
  if (descr === undefined || (items !== undefined && descr === "|b1"))
    throw columnUnsupported(name, `is of the type ${type}, which is not read`);
  const itemBytes = itemSizes[descr.at(-1) as string];
  const shape = items === undefined ? [rowCount] : [rowCount, Number(items)];
  const rowBytes = itemBytes * Number(items ?? 1);
  return { ...base, descr, shape, rows: descr === "|b1" ? boolRows(values) : numberRows(values, rowBytes) };
}

/** Calls `take` for each part of the rows that lies in one block. */
async function eachBlock(
  values: ColumnValues,
  firstRow: number,
  rows: number,
  signal: AbortSignal,
  take: (block: Block, from: number, count: number, row: number) => void,
): Promise<void> {
  for (let row = firstRow; row < firstRow + rows; ) {
    const block = await values.block(row, signal);
    const from = row - block.firstRow;
    const count = Math.min(block.rowCount - from, firstRow + rows - row);
    take(block, from, count, row - firstRow);
    row += count;
  }
}

function numberRows(values: ColumnValues, rowBytes: number): RowSource {
  return {
    read: (firstRow, rows, target, signal) =>
      eachBlock(values, firstRow, rows, signal, (block, from, count, row) => {
        const { bytes } = fixed(block, rowBytes * 8);
        target.set(bytes.subarray(from * rowBytes, (from + count) * rowBytes), row * rowBytes);
      }),
  };
}

/** Bits, the lowest first; a constant one is a byte. */
function boolRows(values: ColumnValues): RowSource {
  return {
    read: (firstRow, rows, target, signal) =>
      eachBlock(values, firstRow, rows, signal, (block, from, count, row) => {
        const { bytes, bits } = "bits" in block.values ? block.values : fixed(block, 1);
        for (let i = 0; i < count; i++)
          target[row + i] =
            bits === 8 ? Math.min(1, bytes[from + i]) : (bytes[(from + i) >> 3] >> ((from + i) & 7)) & 1;
      }),
  };
}

function fixed({ values, rowCount }: Block, bits: number): { bytes: Uint8Array; bits: number } {
  if ("bits" in values && values.bits === bits && values.bytes.length * 8 >= rowCount * bits) return values;
  throw damageError(new Damage("values of a column are of another width than its type"), "the Lance file", {});
}

function textsOf({ values }: Block): Texts {
  if ("offsets" in values) return values;
  throw damageError(new Damage("a column of texts holds none"), "the Lance file", {});
}

/** They are read twice: all rows get the room of the longest one. */
async function longestText(name: string, values: ColumnValues, rowCount: number, signal: AbortSignal): Promise<number> {
  let longest = 1;
  await eachBlock(values, 0, rowCount, signal, (block) => {
    const { offsets } = textsOf(block);
    for (let i = 1; i < offsets.length; i++) longest = Math.max(longest, offsets[i] - offsets[i - 1]);
  });
  if (longest > MAX_TEXT_BYTES)
    throw columnUnsupported(name, `has a text of ${longest} bytes, more than ${MAX_TEXT_BYTES}`);
  return longest;
}

function textRows(values: ColumnValues, rowBytes: number): RowSource {
  return {
    read: async (firstRow, rows, target, signal) => {
      target.fill(0, 0, rows * rowBytes);
      await eachBlock(values, firstRow, rows, signal, (block, from, count, row) => {
        const { bytes, offsets } = textsOf(block);
        for (let i = 0; i < count; i++)
          target.set(bytes.subarray(offsets[from + i], offsets[from + i + 1]), (row + i) * rowBytes);
      });
    },
  };
}
