import type { ObjectSource } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import { NpyReader, probeNpy } from "./arrays/npy/index.ts";
import { ParquetReader, probeParquet } from "./columnar/parquet/index.ts";
import type { FileProbe, FormatName, FormatReader, ReaderInput } from "./format-reader.ts";
import { JsonlReader, JsonReader, probeJson, probeJsonl } from "./rows/json/index.ts";

/** The reader of a format. */
export function openReader(input: ReaderInput): FormatReader {
  switch (input.format) {
    case "json":
      return new JsonReader(input);
    case "jsonl":
      return new JsonlReader(input);
    case "npy":
      return new NpyReader(input);
    case "parquet":
      return new ParquetReader(input);
  }
}

/** What headers and footers say. @throws {ImportError} when they are broken, or storage failed */
export async function probeFile(
  format: FormatName,
  sources: readonly ObjectSource[],
  schema: CollectionSchema,
): Promise<FileProbe> {
  switch (format) {
    case "json":
      return probeJson(sources);
    case "jsonl":
      return probeJsonl(sources);
    case "npy":
      return probeNpy(sources, schema);
    case "parquet":
      return probeParquet(sources[0], schema);
  }
}
