import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { Format, ReaderInput } from "../../format.ts";
import { describeRows } from "./describe-rows.ts";
import { type JsonReaderOptions, JsonRowsReader } from "./json-reader.ts";
import { DocumentLayout, LinesLayout } from "./layouts.ts";

/** `{"rows": [...]}` or a list of objects. Never cut: a row's start cannot be told from inside of the text. */
export const jsonFormat: Format = {
  name: "json",
  title: "JSON",
  extensions: [".json"],
  grouping: "rows",
  rangeUnit: undefined,
  text: { extension: ".json", before: "[\n", between: ",\n", after: "\n]\n" },
  describe: ([source], signal) => describeRows(source, new DocumentLayout(), signal),
  probe: async ({ sources }) => ({ rowCount: undefined, cuts: "nowhere", extent: onlyOne(sources).sizeBytes }),
  open: (input) => openJson(input),
};

/** One object a line. Cut by bytes: exact at any byte, since no JSON string holds a raw line end. */
export const jsonlFormat: Format = {
  name: "jsonl",
  title: "JSON",
  extensions: [".jsonl", ".ndjson"],
  grouping: "rows",
  rangeUnit: "byte",
  text: { extension: ".jsonl", before: "", between: "\n", after: "\n" },
  describe: ([source], signal) => describeRows(source, new LinesLayout(source, undefined), signal),
  probe: async ({ sources }) => ({ rowCount: undefined, cuts: "anywhere", extent: onlyOne(sources).sizeBytes }),
  open: (input) => openJsonl(input),
};

export function openJson(input: ReaderInput, options?: JsonReaderOptions): JsonRowsReader {
  onlyOne(input.sources);
  return new JsonRowsReader(input, new DocumentLayout(), options);
}

export function openJsonl(input: ReaderInput, options?: JsonReaderOptions): JsonRowsReader {
  return new JsonRowsReader(input, new LinesLayout(onlyOne(input.sources), input.range), options);
}

function onlyOne(sources: readonly SourceFile[]): SourceFile {
  if (sources.length === 1) return sources[0];
  throw new ImportError("request_invalid", "for JSON import, accepts only one file");
}
