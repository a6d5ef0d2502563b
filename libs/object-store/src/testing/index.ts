export * from "./conformance.ts";
export * from "./store-source-store.ts";
