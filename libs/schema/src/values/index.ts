export * from "./array-cell.ts";
export { bfloat16BitsToFloat32, float16BitsToFloat32, float32ToBfloat16Bits, float32ToFloat16Bits } from "./half.ts";
export { findJsonError, JSON_DEPTH_LIMIT, jsonTypeAt } from "./json-text.ts";
export * from "./sparse.ts";
export { formatTimestamptz, parseTimestamptz } from "./timestamptz.ts";
export * from "./vector-array-cell.ts";
export { wkbToWkt } from "./wkb.ts";
export { wktToWkb } from "./wkt.ts";
