import { isDenseVector } from "@sluice/schema";
import { definitionLevels, varint } from "./definition-levels.ts";
import type { Chunk, ParquetColumn } from "./footer-writer.ts";
import { dataPageHeader, dictionaryPageHeader } from "./page-header.ts";
import { Codec, Encoding } from "./parquet-format.ts";

/** Shorter columns gain nothing. */
const leastRows = 16;

/** One scalar in every row, and no null: the timestamps of an import, fields filled with their default. */
export function isConstant({ column, dataType, rowCount }: ParquetColumn): boolean {
  if (column.kind === "var" || isDenseVector(dataType) || column.width < 4 || rowCount < leastRows) return false;
  if (column.validity?.subarray(0, rowCount).includes(0)) return false;
  // Equal to itself moved by a value: one comparison of memory, which mostly ends at the first row.
  const { data, width } = column;
  const last = (rowCount - 1) * width;
  return Buffer.compare(data.subarray(0, last), data.subarray(width, last + width)) === 0;
}

/** A dictionary of one value and a page that refers to it in a single run: some dozen bytes, and no compression to call. */
export function writeConstant({ column, isOptional, rowCount }: ParquetColumn): Chunk {
  const value = column.data.slice(0, column.kind === "fixed" ? column.width : 0);
  const dictionary = dictionaryPageHeader(value.length, 1);
  const levels = definitionLevels(isOptional, undefined, 0, rowCount);
  const body = Uint8Array.of(...levels, 1, ...varint(rowCount * 2), 0); // Indices of one bit, all 0.
  const header = dataPageHeader(Encoding.RleDictionary, body.length, body.length, rowCount);
  const pieces = [dictionary, value, header, body];
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return {
    pieces,
    codec: Codec.Uncompressed,
    encodings: [Encoding.RleDictionary, Encoding.Plain, Encoding.Rle],
    compressedBytes: bytes,
    uncompressedBytes: bytes,
    dictionaryBytes: dictionary.length + value.length,
  };
}
