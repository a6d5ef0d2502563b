export { type ArrayElement, decodeArrayCell, eachElement, encodeArrayCell } from "./array-cell.ts";
export * from "./bson-vector.ts";
export { isEchoed, isExact, jsonInteger, parseEchoing, parseWithBigInts } from "./exact-json.ts";
export * from "./half.ts";
export {
  describeJsonError,
  findJsonError,
  HALF_CHARACTER,
  jsonTypeAt,
  MAX_OBJECT_KEYS,
  surrogateAt,
} from "./json-check.ts";
export { dropRepeatedKeys } from "./json-keys.ts";
export * from "./json-number.ts";
export * from "./json-path.ts";
export * from "./json-text.ts";
export { metresFrom, type Place, placeOfPoint } from "./point-distance.ts";
export { BYTES, FIXED32, FIXED64, FieldCursor, VARINT, varintSize, writeVarint } from "./protobuf.ts";
export { isReadableNumber, MAX_NUMBER_BYTES, numberProblem } from "./readable-number.ts";
export { shortFloat } from "./short-float.ts";
export * from "./spark-vector.ts";
export { checkSparseCell, decodeSparseCell, encodeSparseCell, parseSparseJson } from "./sparse.ts";
export { storedCell } from "./stored-cells.ts";
export { type KeyPath, keyPathText, parseStrictJson } from "./strict-json.ts";
export * from "./timestamptz.ts";
export * from "./vector-array-cell.ts";
export * from "./wkb.ts";
export { wkbToWkt } from "./wkb-to-wkt.ts";
export { wktToWkb } from "./wkt.ts";
