export * from "./hybrid.ts";
export * from "./tso-allocator.ts";
