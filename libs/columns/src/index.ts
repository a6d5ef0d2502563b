export * from "./assign.ts";
export * from "./column.ts";
export * from "./column-builder.ts";
export * from "./complete-batch.ts";
export * from "./fixed-buffer.ts";
export { standInOf } from "./stand-in.ts";
export * from "./take-rows.ts";
export * from "./validity.ts";
