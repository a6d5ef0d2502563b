import {
  type Codec,
  type ConvertedType,
  codecs,
  convertedTypes,
  type PhysicalType,
  parquetMagic,
  physicalTypes,
  repetitions,
} from "../format.ts";
import { CompactWriter } from "../thrift/compact-writer.ts";

/** How values of a column stand in a file. */
export interface ColumnType {
  readonly physical: PhysicalType;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY, otherwise 0. */
  readonly typeLength: number;
  readonly converted: ConvertedType | undefined;
  /** Bits of an INTEGER annotation, whose sign `converted` tells, `string` for STRING, undefined for none. */
  readonly logical: number | "string" | undefined;
}

/** A flat column that is a whole file. */
export interface ColumnHead {
  readonly name: string;
  readonly type: ColumnType;
  readonly isOptional: boolean;
  readonly rowCount: number;
}

/** Its pages, headers included. */
export interface WrittenChunk {
  readonly pieces: Uint8Array[];
  readonly codec: Codec;
  readonly encodings: readonly number[];
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** Bytes of the dictionary page in front of the data pages, or 0. */
  readonly dictionaryBytes: number;
}

/** Identifies the writer, in the form that Parquet readers parse. */
export const CREATED_BY = "sluice version 0.1.0 (build 0)";

/** Metadata of the file: schema of one column, one row group, one chunk that begins behind the magic number. */
export function writeFooter(head: ColumnHead, chunk: WrittenChunk): Uint8Array {
  const { rowCount } = head;
  const out = new CompactWriter();
  out.int32(1, 2); // Version 2: logical types are used.
  out.structs(2, ["root", "leaf"], (which) => (which === "root" ? writeRoot(out) : writeLeaf(out, head)));
  out.int64(3, rowCount);
  out.structs(4, [chunk], ({ compressedBytes, uncompressedBytes }) => {
    out.structs(1, [chunk], () => {
      out.int64(2, parquetMagic.length);
      out.struct(3, () => writeChunk(out, head, chunk));
    });
    out.int64(2, uncompressedBytes);
    out.int64(3, rowCount);
    out.int64(5, parquetMagic.length);
    out.int64(6, compressedBytes);
  });
  out.text(6, CREATED_BY);
  return out.finish();
}

function writeRoot(out: CompactWriter): void {
  out.int32(3, repetitions.indexOf("REQUIRED"));
  out.text(4, "schema");
  out.int32(5, 1);
}

function writeLeaf(out: CompactWriter, { type, isOptional, name }: ColumnHead): void {
  out.int32(1, physicalTypes.indexOf(type.physical));
  if (type.typeLength > 0) out.int32(2, type.typeLength);
  out.int32(3, repetitions.indexOf(isOptional ? "OPTIONAL" : "REQUIRED"));
  out.text(4, name);
  if (type.converted !== undefined) out.int32(6, convertedTypes.indexOf(type.converted));
  writeLogicalType(out, type);
}

/** The newer form of the annotation, in the field of its own of a schema's element. */
export function writeLogicalType(out: CompactWriter, { logical, converted }: ColumnType): void {
  if (logical === "string") out.struct(10, () => out.struct(1, () => {}));
  else if (logical !== undefined)
    out.struct(10, () => out.struct(10, () => writeInteger(out, logical, !converted?.startsWith("UINT"))));
}

function writeInteger(out: CompactWriter, bits: number, isSigned: boolean): void {
  out.byte(1, bits);
  out.bool(2, isSigned);
}

function writeChunk(out: CompactWriter, { type, name, rowCount }: ColumnHead, chunk: WrittenChunk): void {
  out.int32(1, physicalTypes.indexOf(type.physical));
  out.int32s(2, chunk.encodings);
  out.texts(3, [name]);
  out.int32(4, codecs.indexOf(chunk.codec));
  out.int64(5, rowCount);
  out.int64(6, chunk.uncompressedBytes);
  out.int64(7, chunk.compressedBytes);
  out.int64(9, parquetMagic.length + chunk.dictionaryBytes);
  if (chunk.dictionaryBytes > 0) out.int64(11, parquetMagic.length);
}
