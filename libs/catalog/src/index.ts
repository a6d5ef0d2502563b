export * from "./collections.ts";
export * from "./commit-with-retry.ts";
export * from "./jobs.ts";
export * from "./record.ts";
export * from "./record-table.ts";
export * from "./segments.ts";
