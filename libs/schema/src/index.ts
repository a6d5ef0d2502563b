export * from "./collection-schema.ts";
export * from "./column.ts";
export * from "./complete-batch.ts";
export * from "./data-type.ts";
export * from "./ids.ts";
export * from "./plain-data.ts";
export * from "./segment-logs.ts";
export * from "./values/index.ts";
