export * from "./format-reader.ts";
export * from "./group-files.ts";
export { openReader, probeFile } from "./open-reader.ts";
