export * from "./assign.ts";
export * from "./column.ts";
export * from "./column-builder.ts";
export * from "./complete-batch.ts";
export * from "./hash.ts";
export * from "./take-rows.ts";
