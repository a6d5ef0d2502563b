export * from "./map-concurrent.ts";
export * from "./memory-budget.ts";
export * from "./memory-pool.ts";
export * from "./prefetch.ts";
