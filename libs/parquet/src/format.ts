// Names and numbers of the format. Source: apache/parquet-format, parquet.thrift.

/** By their number in files. */
export const physicalTypes = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
/** How a value is stored. */
export type PhysicalType = (typeof physicalTypes)[number];

/** Key of the metadata under which a writer of ours notes what each column was: JSON, which only it and its reader know. */
export const FIELDS_KEY = "sluice.fields";

/** By their number in files. */
export const repetitions = ["REQUIRED", "OPTIONAL", "REPEATED"] as const;
/** How often a value stands below its parent: once, at most once, any number of times. */
export type Repetition = (typeof repetitions)[number];

/** By their number in files. */
export const codecs = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;
/** As files name them; which ones can be read `codecs/` says. */
export type Codec = (typeof codecs)[number];

/** The older form of annotations, by their number in files. */
export const convertedTypes = [
  "UTF8",
  "MAP",
  "MAP_KEY_VALUE",
  "LIST",
  "ENUM",
  "DECIMAL",
  "DATE",
  "TIME_MILLIS",
  "TIME_MICROS",
  "TIMESTAMP_MILLIS",
  "TIMESTAMP_MICROS",
  "UINT_8",
  "UINT_16",
  "UINT_32",
  "UINT_64",
  "INT_8",
  "INT_16",
  "INT_32",
  "INT_64",
  "JSON",
  "BSON",
  "INTERVAL",
] as const;
/** What a value means, in older files. */
export type ConvertedType = (typeof convertedTypes)[number];

/** The newer form of annotations, by their field in the union `LogicalType`. */
export const logicalTypes = {
  1: "STRING",
  2: "MAP",
  3: "LIST",
  4: "ENUM",
  5: "DECIMAL",
  6: "DATE",
  7: "TIME",
  8: "TIMESTAMP",
  10: "INTEGER",
  11: "NULL",
  12: "JSON",
  13: "BSON",
  14: "UUID",
  15: "FLOAT16",
  16: "VARIANT",
  17: "GEOMETRY",
  18: "GEOGRAPHY",
} as const;
/** What a value means, in newer files. */
export type LogicalType = (typeof logicalTypes)[keyof typeof logicalTypes];

/** By their number in files. */
export const PageType = { Data: 0, Index: 1, Dictionary: 2, DataV2: 3 } as const;

/** By their number in files; 1 was never in use. */
export const Encoding = {
  Plain: 0,
  PlainDictionary: 2,
  Rle: 3,
  BitPacked: 4,
  DeltaBinaryPacked: 5,
  DeltaLengthByteArray: 6,
  DeltaByteArray: 7,
  RleDictionary: 8,
  ByteStreamSplit: 9,
} as const;

/** For messages, also of numbers that nobody knows. */
export function encodingName(encoding: number): string {
  return Object.entries(Encoding).find(([, value]) => value === encoding)?.[0] ?? `encoding ${encoding}`;
}

/** `PAR1`, at both ends of a file. */
export const parquetMagic = Uint8Array.of(0x50, 0x41, 0x52, 0x31);
