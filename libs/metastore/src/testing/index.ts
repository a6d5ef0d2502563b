export * from "./conformance.ts";
export * from "./memory-meta-store.ts";
