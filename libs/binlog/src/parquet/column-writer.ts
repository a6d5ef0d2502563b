import { constants, zstdCompressSync } from "node:zlib";
import { type Column, isDenseVector } from "@sluice/schema";
import { isConstant, writeConstant } from "./constant-column.ts";
import { definitionLevels } from "./definition-levels.ts";
import { type Chunk, type ParquetColumn, writeFooter } from "./footer-writer.ts";
import { dataPageHeader } from "./page-header.ts";
import { Codec, Encoding, parquetMagic } from "./parquet-format.ts";
import { isScratch, plainValues } from "./plain-values.ts";

/** Pages that are compressed: more than this at once is slower (fresh memory), less costs a context a call. */
const compressiblePageBytes = 1 << 20;
/** Pages of vectors are not touched, but readers decode a page at a time. */
const vectorPageBytes = 64 << 20;
/** Compressed pages are decompressed by every reader, so they must be this much smaller. */
const worthwhileRatio = 0.875;
/**
 * A complete Parquet file of one column in one row group: PLAIN, V1 pages. Vectors stay uncompressed and are not copied:
 * their piece is a view of the column. Other columns are compressed with ZSTD level 1 if their first page gains by it;
 * those that repeat one value, such as timestamps, name it once in a dictionary.
 */
export function writeParquetColumn(source: ParquetColumn): Uint8Array[] {
  const chunk = isConstant(source) ? writeConstant(source) : writePages(source);
  const footer = writeFooter(source, chunk);
  const tail = new Uint8Array(footer.length + 8);
  tail.set(footer);
  new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
  tail.set(parquetMagic, footer.length + 4);
  return [parquetMagic, ...chunk.pieces, tail];
}

function writePages(source: ParquetColumn): Chunk {
  const { column, dataType, rowCount } = source;
  const limit = isDenseVector(dataType) ? vectorPageBytes : compressiblePageBytes;
  let codec: number | undefined = isDenseVector(dataType) ? Codec.Uncompressed : undefined;
  const pieces: Uint8Array[] = [];
  let uncompressedBytes = 0;
  for (let from = 0; from < rowCount; ) {
    const to = pageEnd(column, from, rowCount, limit);
    const levels = definitionLevels(source.isOptional, column.validity, from, to);
    const values = plainValues(column, dataType, from, to);
    const size = levels.length + values.length;
    const packed = codec === Codec.Uncompressed ? undefined : compress(levels, values);
    codec ??= packed && packed.length < size * worthwhileRatio ? Codec.Zstd : Codec.Uncompressed;
    const body = codec === Codec.Zstd && packed ? [packed] : [levels, isScratch(values) ? values.slice() : values];
    const header = dataPageHeader(
      Encoding.Plain,
      size,
      codec === Codec.Zstd && packed ? packed.length : size,
      to - from,
    );
    pieces.push(header, ...body.filter((piece) => piece.length > 0));
    uncompressedBytes += header.length + size;
    from = to;
  }
  const compressedBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const encodings = [Encoding.Plain, Encoding.Rle];
  return {
    pieces,
    codec: codec ?? Codec.Uncompressed,
    encodings,
    compressedBytes,
    uncompressedBytes,
    dictionaryBytes: 0,
  };
}

/** The row after the last one whose values fit into `limit` bytes; a page has one row at least. */
function pageEnd(column: Column, from: number, rowCount: number, limit: number): number {
  if (column.kind === "fixed") return Math.min(rowCount, from + Math.max(1, Math.floor(limit / column.width)));
  const end = column.offsets[from] + limit;
  if (column.offsets[rowCount] <= end) return rowCount;
  let low = from + 1;
  for (let high = rowCount; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    if (column.offsets[middle] <= end) low = middle;
    else high = middle - 1;
  }
  return low;
}

function compress(levels: Uint8Array, values: Uint8Array): Uint8Array {
  const size = levels.length + values.length;
  const bytes = levels.length === 0 ? values : Buffer.concat([levels, values]);
  // The size stands in the frame, which some decoders need to allocate.
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 }, pledgedSrcSize: size });
}
