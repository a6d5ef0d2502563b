/** Numbers of the Parquet format. Source: apache/parquet-format `parquet.thrift`. */
export const PhysicalType = {
  Boolean: 0,
  Int32: 1,
  Int64: 2,
  Int96: 3,
  Float: 4,
  Double: 5,
  ByteArray: 6,
  FixedLenByteArray: 7,
} as const;

export const Repetition = { Required: 0, Optional: 1, Repeated: 2 } as const;

export const Encoding = {
  Plain: 0,
  PlainDictionary: 2,
  Rle: 3,
  DeltaBinaryPacked: 5,
  DeltaLengthByteArray: 6,
  DeltaByteArray: 7,
  RleDictionary: 8,
  ByteStreamSplit: 9,
} as const;

export const Codec = { Uncompressed: 0, Snappy: 1, Gzip: 2, Lzo: 3, Brotli: 4, Lz4: 5, Zstd: 6, Lz4Raw: 7 } as const;

export const PageType = { Data: 0, Index: 1, Dictionary: 2, DataV2: 3 } as const;

/** Converted types, the older form of logical types. */
export const Converted = { Utf8: 0, Int8: 15, Int16: 16, Int32: 17, Int64: 18 } as const;

/** `PAR1`, at both ends of a file. */
export const parquetMagic = Uint8Array.of(0x50, 0x41, 0x52, 0x31);
