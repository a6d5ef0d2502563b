import { DataType, isDenseVector, vectorBytes } from "@sluice/schema";
import { Converted, PhysicalType } from "./parquet-format.ts";

/** How a field's values stand in a binlog's Parquet column. */
export interface ParquetType {
  readonly physical: number;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY, otherwise 0. */
  readonly typeLength: number;
  readonly converted: number | undefined;
  /** Bits of a signed INTEGER annotation, `string` for STRING, undefined for none. */
  readonly logical: number | "string" | undefined;
}

const bare = (physical: number, typeLength = 0): ParquetType => ({
  physical,
  typeLength,
  converted: undefined,
  logical: undefined,
});
const integer = (physical: number, bits: number, converted: number): ParquetType => ({
  physical,
  typeLength: 0,
  converted,
  logical: bits,
});

/**
 * Milvus's column type for a field. Text has an annotation; JSON, arrays, sparse vectors and geometry must have none, or
 * readers that go through Arrow refuse them. Source: the binlog format, §4.2; Text as VarChar, ArrayOfVector as Array.
 */
export function parquetType(dataType: DataType, dim: number): ParquetType {
  if (isDenseVector(dataType)) return bare(PhysicalType.FixedLenByteArray, vectorBytes(dataType, dim));
  switch (dataType) {
    case DataType.Bool:
      return bare(PhysicalType.Boolean);
    case DataType.Int8:
      return integer(PhysicalType.Int32, 8, Converted.Int8);
    case DataType.Int16:
      return integer(PhysicalType.Int32, 16, Converted.Int16);
    case DataType.Int32:
      return integer(PhysicalType.Int32, 32, Converted.Int32);
    case DataType.Int64:
    case DataType.Timestamptz:
      return integer(PhysicalType.Int64, 64, Converted.Int64);
    case DataType.Float:
      return bare(PhysicalType.Float);
    case DataType.Double:
      return bare(PhysicalType.Double);
    case DataType.String:
    case DataType.VarChar:
    case DataType.Text:
      return { physical: PhysicalType.ByteArray, typeLength: 0, converted: Converted.Utf8, logical: "string" };
    default:
      return bare(PhysicalType.ByteArray);
  }
}

/** Bytes of one stored value, or 0 when they vary (BYTE_ARRAY) or are bits (BOOLEAN). */
export function physicalWidth(type: ParquetType): number {
  switch (type.physical) {
    case PhysicalType.Int32:
    case PhysicalType.Float:
      return 4;
    case PhysicalType.Int64:
    case PhysicalType.Double:
      return 8;
    case PhysicalType.FixedLenByteArray:
      return type.typeLength;
    default:
      return 0;
  }
}
