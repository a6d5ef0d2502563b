import type { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import { checkInteger } from "./check-index-numbers.ts";
import { invalid } from "./refusals.ts";

type Field = wire.FieldSchema;

const integerTypes: readonly number[] = [DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64];
const textTypes: readonly number[] = [DataType.VarChar, DataType.Text];
const bitmapTypes: readonly number[] = [DataType.Bool, ...integerTypes, ...textTypes];
const sortedTypes: readonly number[] = [
  ...integerTypes,
  DataType.Float,
  DataType.Double,
  ...textTypes,
  DataType.Timestamptz,
];
/** Length of an n-gram that makes sense. */
const MAX_GRAM = 65_535;

/** Checks an index on a field that is no vector. Source: around-import §5.2. @throws {StatusError} 1100 */
export function checkScalarIndex(field: Field, type: string, flat: ReadonlyMap<string, string>): void {
  switch (type) {
    case "AUTOINDEX":
      return;
    case "INVERTED":
      checkInverted(field, flat);
      break;
    case "BITMAP":
      checkBitmap(field);
      break;
    case "STL_SORT":
      if (sortedTypes.includes(field.dataType)) return;
      throw invalid(
        `STL_SORT are only supported on numeric, varchar or timestamptz field, got ${dataTypeName(field.dataType)}`,
      );
    case "TRIE":
    case "Trie":
      if (textTypes.includes(field.dataType)) return;
      throw invalid("TRIE are only supported on varchar field");
    case "NGRAM":
      checkNgram(field, flat);
      break;
    case "RTREE":
      if (field.dataType === DataType.Geometry) return;
      throw invalid("RTREE index can only be built on geometry field");
    default:
      throw invalid(`invalid index type: ${type}`);
  }
}

function checkInverted(field: Field, flat: ReadonlyMap<string, string>): void {
  if (field.dataType === DataType.Geometry) throw invalid("INVERTED are not supported on Geometry field");
  if (field.dataType === DataType.JSON && !flat.get("json_cast_type")) {
    throw invalid("json index must specify cast type");
  }
}

function checkBitmap(field: Field): void {
  if (field.isPrimaryKey) throw invalid("create bitmap index on primary key not supported");
  const type = field.dataType === DataType.Array ? field.elementType : field.dataType;
  if (bitmapTypes.includes(type)) return;
  throw invalid("bitmap index are only supported on bool, int, string and array field");
}

function checkNgram(field: Field, flat: ReadonlyMap<string, string>): void {
  if (!textTypes.includes(field.dataType) && field.dataType !== DataType.JSON) {
    throw invalid("Ngram index can only be created on VARCHAR or JSON field");
  }
  const min = flat.get("min_gram");
  const max = flat.get("max_gram");
  if (min === undefined || max === undefined) throw invalid("Ngram index must specify both min_gram and max_gram");
  checkInteger("min_gram", min, 1, MAX_GRAM);
  checkInteger("max_gram", max, Number(min), MAX_GRAM);
}
