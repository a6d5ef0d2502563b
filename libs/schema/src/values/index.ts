export * from "./array-cell.ts";
export * from "./half.ts";
export { findJsonError, JSON_DEPTH_LIMIT, jsonTypeAt, repairSurrogates } from "./json-text.ts";
export * from "./sparse.ts";
export { formatTimestamptz, parseTimestamptz } from "./timestamptz.ts";
export * from "./vector-array-cell.ts";
export * from "./wkt.ts";
