export * from "./assign.ts";
export * from "./hash.ts";
