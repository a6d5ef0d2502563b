import type { ColumnType, ConvertedType, PhysicalType } from "@sluice/parquet";
import { DataType, isDenseVector, vectorBytes } from "@sluice/schema";

const bare = (physical: PhysicalType, typeLength = 0): ColumnType => ({
  physical,
  typeLength,
  converted: undefined,
  logical: undefined,
});
const integer = (physical: PhysicalType, bits: number, converted: ConvertedType): ColumnType => ({
  physical,
  typeLength: 0,
  converted,
  logical: bits,
});

/**
 * Milvus's column type for a field. Text has an annotation; JSON, arrays, sparse vectors and geometry must have none, or
 * readers that go through Arrow refuse them. Source: the binlog format, §4.2; Text as VarChar, ArrayOfVector as Array.
 */
export function parquetType(dataType: DataType, dim: number): ColumnType {
  if (isDenseVector(dataType)) return bare("FIXED_LEN_BYTE_ARRAY", vectorBytes(dataType, dim));
  switch (dataType) {
    case DataType.Bool:
      return bare("BOOLEAN");
    case DataType.Int8:
      return integer("INT32", 8, "INT_8");
    case DataType.Int16:
      return integer("INT32", 16, "INT_16");
    case DataType.Int32:
      return integer("INT32", 32, "INT_32");
    case DataType.Int64:
    case DataType.Timestamptz:
      return integer("INT64", 64, "INT_64");
    case DataType.Float:
      return bare("FLOAT");
    case DataType.Double:
      return bare("DOUBLE");
    case DataType.String:
    case DataType.VarChar:
    case DataType.Text:
      return { physical: "BYTE_ARRAY", typeLength: 0, converted: "UTF8", logical: "string" };
    default:
      return bare("BYTE_ARRAY");
  }
}

/** Bytes of one stored value, or 0 when they vary (BYTE_ARRAY) or are bits (BOOLEAN). */
export function physicalWidth(type: ColumnType): number {
  switch (type.physical) {
    case "INT32":
    case "FLOAT":
      return 4;
    case "INT64":
    case "DOUBLE":
      return 8;
    case "FIXED_LEN_BYTE_ARRAY":
      return type.typeLength;
    default:
      return 0;
  }
}
