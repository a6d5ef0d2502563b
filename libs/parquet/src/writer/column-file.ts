import { packZstd } from "../codecs/zstd-packer.ts";
import { type Codec, Encoding, parquetMagic } from "../format.ts";
import { definitionLevels, varint } from "./definition-levels.ts";
import { type ColumnHead, type WrittenChunk, writeFooter } from "./footer-writer.ts";
import { dataPageHeader, dictionaryPageHeader } from "./page-headers.ts";

/** Rows that become one page. */
export interface PlainPage {
  readonly rowCount: number;
  /** One byte a row, 0 = null; undefined = no nulls. Counts in OPTIONAL columns alone. */
  readonly validity: Uint8Array | undefined;
  /** In PLAIN encoding, nulls left out. */
  readonly values: Uint8Array;
  /** True: `values` are overwritten when the next page is asked for, so what stays of them is copied. */
  readonly isBorrowed: boolean;
}

/** Compressed pages are decompressed by every reader, so they must be this much smaller. */
const worthwhileRatio = 0.875;
const noLevels = new Uint8Array(0);

/**
 * A complete Parquet file of one column in one row group, V1 pages in PLAIN encoding, as pieces to write one after the other.
 * @param compression `zstd`: with level 1, if the first page gains by it; `none`: pieces are views of the pages
 */
export function writeColumnFile(
  head: ColumnHead,
  pages: Iterable<PlainPage>,
  compression: "none" | "zstd",
): Uint8Array[] {
  return wholeFile(head, writePages(head, pages, compression));
}

/** As `writeColumnFile`, for a column that repeats one PLAIN value: a dictionary of it, and a page that is a single run. */
export function writeConstantFile(head: ColumnHead, value: Uint8Array): Uint8Array[] {
  const { rowCount, isOptional } = head;
  const dictionary = dictionaryPageHeader(value.length, 1);
  const levels = isOptional ? definitionLevels(undefined, rowCount) : noLevels;
  const body = Uint8Array.of(...levels, 1, ...varint(rowCount * 2), 0); // Indices of one bit, all 0.
  const header = dataPageHeader(Encoding.RleDictionary, body.length, body.length, rowCount);
  const pieces = [dictionary, value, header, body];
  return wholeFile(head, {
    pieces,
    codec: "UNCOMPRESSED",
    encodings: [Encoding.RleDictionary, Encoding.Plain, Encoding.Rle],
    compressedBytes: totalLength(pieces),
    uncompressedBytes: totalLength(pieces),
    dictionaryBytes: dictionary.length + value.length,
  });
}

function wholeFile(head: ColumnHead, chunk: WrittenChunk): Uint8Array[] {
  const footer = writeFooter(head, chunk);
  const tail = new Uint8Array(footer.length + 8);
  tail.set(footer);
  new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
  tail.set(parquetMagic, footer.length + 4);
  return [parquetMagic, ...chunk.pieces, tail];
}

function writePages(head: ColumnHead, pages: Iterable<PlainPage>, compression: "none" | "zstd"): WrittenChunk {
  let codec: Codec | undefined = compression === "none" ? "UNCOMPRESSED" : undefined;
  const pieces: Uint8Array[] = [];
  let uncompressedBytes = 0;
  for (const page of pages) {
    const { values, rowCount } = page;
    const levels = head.isOptional ? definitionLevels(page.validity, rowCount) : noLevels;
    const size = levels.length + values.length;
    const plain = [levels, values];
    const packed: Uint8Array | undefined =
      codec === "UNCOMPRESSED" ? undefined : compressed(plain, codec === undefined);
    codec ??= packed ? "ZSTD" : "UNCOMPRESSED";
    const body = packed ? [packed] : [levels, page.isBorrowed ? values.slice() : values];
    const header = dataPageHeader(Encoding.Plain, size, totalLength(body), rowCount);
    pieces.push(header, ...body.filter((piece) => piece.length > 0));
    uncompressedBytes += header.length + size;
  }
  return {
    pieces,
    codec: codec ?? "UNCOMPRESSED",
    encodings: [Encoding.Plain, Encoding.Rle],
    compressedBytes: totalLength(pieces),
    uncompressedBytes,
    dictionaryBytes: 0,
  };
}

/** The pieces in one frame of zstd, level 1. @param ifWorthwhile undefined where that is hardly smaller */
export function compressed(pieces: readonly Uint8Array[], ifWorthwhile: boolean): Uint8Array | undefined {
  const size = totalLength(pieces);
  const given = pieces.filter((piece) => piece.length > 0);
  const bytes = given.length === 1 ? given[0] : Buffer.concat(given);
  const packed = packZstd(bytes);
  return ifWorthwhile && packed.length >= size * worthwhileRatio ? undefined : packed;
}

function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
