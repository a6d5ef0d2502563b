import { type Codec, codecs, Encoding, PageType, parquetMagic, physicalTypes, repetitions } from "../format.ts";
import { CompactWriter } from "../thrift/compact-writer.ts";
import type { ColumnType } from "../writer/footer-writer.ts";

/** A page whose header may say anything. */
export interface RawPage {
  readonly kind?: "data" | "dictionary";
  /** As it lies in the file: compressed, levels in front. */
  readonly body: Uint8Array;
  readonly numValues: number;
  readonly encoding?: number;
  /** Claims of the header; by default the truth of an uncompressed page. */
  readonly uncompressedSize?: number;
  readonly compressedSize?: number;
}

/** A column of one row group, whose footer may claim anything. */
export interface RawColumn {
  readonly name: string;
  readonly type: Pick<ColumnType, "physical"> & Partial<ColumnType>;
  readonly isOptional?: boolean;
  /** A bare repeated field: levels stand in front of the values of its pages. */
  readonly isRepeated?: boolean;
  readonly codec?: Codec;
  readonly pages: readonly RawPage[];
  /** Claims of the footer; by default those of the data pages. */
  readonly numValues?: number;
}

/** A file of one row group. */
export interface RawFile {
  readonly rowCount: number;
  readonly columns: readonly RawColumn[];
  readonly keyValues?: readonly { readonly key: string; readonly value: string }[];
}

interface PlacedColumn extends RawColumn {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A Parquet file of one row group of flat columns, made of pieces that need not be true: for tests of readers. */
export function rawParquetFile(file: RawFile): Uint8Array {
  let end: number = parquetMagic.length;
  const columns = file.columns.map((column): PlacedColumn => {
    const bytes = Buffer.concat(column.pages.flatMap((page) => [rawPageHeader(page), page.body]));
    const start = end;
    end += bytes.length;
    return { ...column, start, bytes };
  });
  const footer = rawFooter(file, columns);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(footer.length);
  return Buffer.concat([parquetMagic, ...columns.map(({ bytes }) => bytes), footer, tail, parquetMagic]);
}

function rawPageHeader(page: RawPage): Uint8Array {
  const { kind = "data", body, numValues, encoding = Encoding.Plain } = page;
  const { compressedSize = body.length, uncompressedSize = body.length } = page;
  const out = new CompactWriter();
  out.int32(1, kind === "data" ? PageType.Data : PageType.Dictionary);
  out.int32(2, uncompressedSize);
  out.int32(3, compressedSize);
  out.struct(kind === "data" ? 5 : 7, () => {
    out.int32(1, numValues);
    out.int32(2, encoding);
    if (kind === "dictionary") return;
    out.int32(3, Encoding.Rle);
    out.int32(4, Encoding.Rle);
  });
  return out.finish();
}

function rawFooter({ rowCount, keyValues = [] }: RawFile, columns: readonly PlacedColumn[]): Uint8Array {
  const out = new CompactWriter();
  out.int32(1, 2);
  out.structs(2, [undefined, ...columns], (column) => writeElement(out, column, columns.length));
  out.int64(3, rowCount);
  out.structs(4, [columns], () => {
    out.structs(1, columns, (column) => {
      out.int64(2, column.start);
      out.struct(3, () => writeMetaData(out, column));
    });
    out.int64(3, rowCount);
  });
  out.structs(5, keyValues, ({ key, value }) => {
    out.text(1, key);
    out.text(2, value);
  });
  return out.finish();
}

/** @param column undefined: the root */
function writeElement(out: CompactWriter, column: RawColumn | undefined, count: number): void {
  if (column) {
    out.int32(1, physicalTypes.indexOf(column.type.physical));
    if (column.type.typeLength) out.int32(2, column.type.typeLength);
    const repetition = column.isRepeated ? "REPEATED" : column.isOptional ? "OPTIONAL" : "REQUIRED";
    out.int32(3, repetitions.indexOf(repetition));
  }
  out.text(4, column?.name ?? "schema");
  if (!column) out.int32(5, count);
  if (column?.type.logical === "string") out.struct(10, () => out.struct(1, () => {}));
}

function writeMetaData(out: CompactWriter, column: PlacedColumn): void {
  const { codec = "UNCOMPRESSED", pages } = column;
  const data = pages.filter(({ kind }) => kind !== "dictionary");
  out.int32(1, physicalTypes.indexOf(column.type.physical));
  out.int32s(2, []);
  out.texts(3, [column.name]);
  out.int32(4, codecs.indexOf(codec));
  out.int64(5, column.numValues ?? data.reduce((sum, page) => sum + page.numValues, 0));
  out.int64(6, column.bytes.length);
  out.int64(7, column.bytes.length);
  out.int64(9, column.start);
}
