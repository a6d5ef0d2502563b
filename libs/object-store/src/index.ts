export * from "./faulty-object-store.ts";
export * from "./local/local-object-store.ts";
export * from "./local/local-source-store.ts";
export * from "./memory-object-store.ts";
export * from "./object-store.ts";
export * from "./retrying-object-store.ts";
export * from "./s3/index.ts";
export * from "./source-store.ts";
