export { damages, type Random, seeded } from "./damages.ts";
export { type RawColumn, type RawFile, type RawPage, rawParquetFile } from "./raw-file.ts";
