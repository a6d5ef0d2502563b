export * from "./collection-schema.ts";
export * from "./data-type.ts";
export * from "./hybrid-time.ts";
export * from "./ids.ts";
export type { KeyRange } from "./key-range.ts";
export * from "./plain-data.ts";
export { plainField } from "./plain-field.ts";
export * from "./segment-logs.ts";
export * from "./system-fields.ts";
