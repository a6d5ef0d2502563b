export * from "./conformance.ts";
export * from "./faulty-object-store.ts";
export * from "./memory-object-store.ts";
export * from "./object-source.ts";
export * from "./source-conformance.ts";
