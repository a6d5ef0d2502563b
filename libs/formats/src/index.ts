export * from "./format-reader.ts";
export { openReader, probeFile } from "./open-reader.ts";
