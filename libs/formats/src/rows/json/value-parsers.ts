import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { type CollectionSchema, DataType, dataTypeName } from "@sluice/schema";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import { encodeList } from "./array-parser.ts";
import {
  boolParser,
  doubleParser,
  floatParser,
  geometryParser,
  int64Parser,
  intParser,
  jsonParser,
  textParser,
  timestamptzParser,
} from "./scalar-parsers.ts";
import type { ValueParser } from "./value-parser.ts";
import { byteVectorParser, floatVectorParser, halfVectorParser, sparseParser } from "./vector-parsers.ts";

/** The parser of a field's values. @throws {Error} for a type that no collection can have */
export function valueParser(schema: CollectionSchema, builder: FixedBuilder | VarBuilder): ValueParser {
  const { field } = builder;
  const fixed = builder as FixedBuilder;
  const text = builder as VarBuilder;
  switch (field.dataType) {
    case DataType.Bool:
      return boolParser(fixed);
    case DataType.Int8:
      return intParser(fixed, 1);
    case DataType.Int16:
      return intParser(fixed, 2);
    case DataType.Int32:
      return intParser(fixed, 4);
    case DataType.Int64:
      return int64Parser(fixed);
    case DataType.Float:
      return floatParser(fixed);
    case DataType.Double:
      return doubleParser(fixed);
    case DataType.VarChar:
    case DataType.String:
    case DataType.Text:
      return textParser(text);
    case DataType.JSON:
      return jsonParser(text);
    case DataType.Array:
      return (scanner, p, row) => encodeList(scanner, p, row, text);
    case DataType.FloatVector:
      return floatVectorParser(fixed);
    case DataType.Float16Vector:
      return halfVectorParser(fixed, float32ToFloat16Bits, 0x7c00);
    case DataType.BFloat16Vector:
      return halfVectorParser(fixed, float32ToBfloat16Bits, 0x7f80);
    case DataType.BinaryVector:
      // Signed bytes are the same bits: Java writes them.
      return byteVectorParser(fixed, -128, 255);
    case DataType.Int8Vector:
      return byteVectorParser(fixed, -128, 127);
    case DataType.SparseFloatVector:
      return sparseParser(text);
    case DataType.Geometry:
      return geometryParser(text);
    case DataType.Timestamptz:
      return timestamptzParser(fixed, schema.timezone);
    default:
      throw new Error(`values of type ${dataTypeName(field.dataType)} stand in struct arrays only`);
  }
}
