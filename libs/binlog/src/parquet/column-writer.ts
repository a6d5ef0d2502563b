import { constants, zstdCompressSync } from "node:zlib";
import { type Column, type DataType, isDenseVector } from "@sluice/schema";
import { CompactWriter } from "../thrift/compact-writer.ts";
import { definitionLevels } from "./definition-levels.ts";
import { Codec, Encoding, PageType, parquetMagic, Repetition } from "./parquet-format.ts";
import type { ParquetType } from "./parquet-type.ts";
import { isScratch, plainValues } from "./plain-values.ts";

export interface ParquetColumn {
  readonly name: string;
  readonly dataType: DataType;
  readonly type: ParquetType;
  readonly isOptional: boolean;
  readonly column: Column;
  readonly rowCount: number;
}

interface Chunk {
  readonly pieces: Uint8Array[];
  readonly codec: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

/** Pages that are compressed: more than this at once is slower (fresh memory), less costs a context a call. */
const compressiblePageBytes = 1 << 20;
/** Pages of vectors are not touched, but readers decode a page at a time. */
const vectorPageBytes = 64 << 20;
/** Compressed pages are decompressed by every reader, so they must be this much smaller. */
const worthwhileRatio = 0.875;
/** Identifies the writer in the footer, in the form that Parquet readers parse. */
const createdBy = "sluice version 0.1.0 (build 0)";

/**
 * A complete Parquet file of one column in one row group: PLAIN, V1 pages. Vectors stay uncompressed and are not copied:
 * their piece is a view of the column. Other columns are compressed with ZSTD level 1 if their first page gains by it.
 */
export function writeParquetColumn(source: ParquetColumn): Uint8Array[] {
  const chunk = writePages(source);
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
    const header = pageHeader(size, codec === Codec.Zstd && packed ? packed.length : size, to - from);
    pieces.push(header, ...body.filter((piece) => piece.length > 0));
    uncompressedBytes += header.length + size;
    from = to;
  }
  const compressedBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { pieces, codec: codec ?? Codec.Uncompressed, compressedBytes, uncompressedBytes };
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

function pageHeader(uncompressedBytes: number, compressedBytes: number, valueCount: number): Uint8Array {
  const out = new CompactWriter();
  out.int32(1, PageType.Data);
  out.int32(2, uncompressedBytes);
  out.int32(3, compressedBytes);
  out.struct(5, () => {
    out.int32(1, valueCount);
    out.int32(2, Encoding.Plain);
    out.int32(3, Encoding.Rle);
    out.int32(4, Encoding.Rle);
  });
  return out.finish();
}

function writeFooter(source: ParquetColumn, chunk: Chunk): Uint8Array {
  const { rowCount } = source;
  const out = new CompactWriter();
  out.int32(1, 2); // Version 2: logical types are used.
  out.structs(2, ["root", "leaf"], (which) => (which === "root" ? writeRoot(out) : writeLeaf(out, source)));
  out.int64(3, rowCount);
  out.structs(4, [chunk], ({ compressedBytes, uncompressedBytes }) => {
    out.structs(1, [chunk], () => {
      out.int64(2, parquetMagic.length);
      out.struct(3, () => writeChunk(out, source, chunk));
    });
    out.int64(2, uncompressedBytes);
    out.int64(3, rowCount);
    out.int64(5, parquetMagic.length);
    out.int64(6, compressedBytes);
  });
  out.text(6, createdBy);
  return out.finish();
}

function writeRoot(out: CompactWriter): void {
  out.int32(3, Repetition.Required);
  out.text(4, "schema");
  out.int32(5, 1);
}

function writeLeaf(out: CompactWriter, { type, isOptional, name }: ParquetColumn): void {
  out.int32(1, type.physical);
  if (type.typeLength > 0) out.int32(2, type.typeLength);
  out.int32(3, isOptional ? Repetition.Optional : Repetition.Required);
  out.text(4, name);
  if (type.converted !== undefined) out.int32(6, type.converted);
  const { logical } = type;
  if (logical === "string") out.struct(10, () => out.struct(1, () => {}));
  else if (logical !== undefined) out.struct(10, () => out.struct(10, () => writeInteger(out, logical)));
}

function writeInteger(out: CompactWriter, bits: number): void {
  out.byte(1, bits);
  out.bool(2, true);
}

function writeChunk(out: CompactWriter, { type, name, rowCount }: ParquetColumn, chunk: Chunk): void {
  out.int32(1, type.physical);
  out.int32s(2, [Encoding.Plain, Encoding.Rle]);
  out.texts(3, [name]);
  out.int32(4, chunk.codec);
  out.int64(5, rowCount);
  out.int64(6, chunk.uncompressedBytes);
  out.int64(7, chunk.compressedBytes);
  out.int64(9, parquetMagic.length);
}
