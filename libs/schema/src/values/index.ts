export * from "./array-cell.ts";
export * from "./half.ts";
export * from "./json-text.ts";
export * from "./protobuf.ts";
export * from "./sparse.ts";
export * from "./timestamptz.ts";
export * from "./vector-array-cell.ts";
export * from "./wkt.ts";
