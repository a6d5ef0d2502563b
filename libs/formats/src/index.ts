export * from "./format-reader.ts";
