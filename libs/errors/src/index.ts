export * from "./excerpt.ts";
export * from "./import-error.ts";
export * from "./status-error.ts";
export * from "./unexpected.ts";
