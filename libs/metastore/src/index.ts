export * from "./embedded/embedded-meta-store.ts";
export * from "./fenced-meta-store.ts";
export * from "./measured-meta-store.ts";
export * from "./meta-store.ts";
