export * from "./catalog/commit-with-retry.ts";
export * from "./catalog/record.ts";
export * from "./catalog/record-table.ts";
export * from "./catalog/records.ts";
export * from "./embedded/embedded-meta-store.ts";
export * from "./fenced-meta-store.ts";
export * from "./memory-meta-store.ts";
export * from "./meta-store.ts";
