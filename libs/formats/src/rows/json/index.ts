import type { BatchOptions, Format, FormatReader, ReaderInput } from "../../format.ts";
import { onlyOne } from "../only-one.ts";
import { RowsReader, type RowsReaderOptions } from "../rows-reader.ts";
import { describeRows } from "./describe-rows.ts";
import { DocumentLayout, type JsonLayout, LinesLayout } from "./layouts.ts";
import { RowParser } from "./row-parser.ts";
import { Scanner } from "./scanner.ts";

const TITLE = "JSON";

/** `{"rows": [...]}` or a list of objects. Never cut: a row's start cannot be told from inside of the text. */
export const jsonFormat: Format = {
  name: "json",
  title: TITLE,
  extensions: [".json"],
  grouping: "rows",
  rangeUnit: undefined,
  text: { extension: ".json", before: "[\n", between: ",\n", after: "\n]\n" },
  describe: ([source], signal) => describeRows(source, new DocumentLayout(), signal),
  probe: async ({ sources }) => ({ rowCount: undefined, cuts: "nowhere", extent: onlyOne(sources, TITLE).sizeBytes }),
  open: (input) => openJson(input),
};

/** One object a line. Cut by bytes: exact at any byte, since no JSON string holds a raw line end. */
export const jsonlFormat: Format = {
  name: "jsonl",
  title: TITLE,
  extensions: [".jsonl", ".ndjson"],
  grouping: "rows",
  rangeUnit: "byte",
  text: { extension: ".jsonl", before: "", between: "\n", after: "\n" },
  describe: ([source], signal) => describeRows(source, new LinesLayout(source, undefined), signal),
  probe: async ({ sources }) => ({ rowCount: undefined, cuts: "anywhere", extent: onlyOne(sources, TITLE).sizeBytes }),
  open: (input) => openJsonl(input),
};

export function openJson(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  onlyOne(input.sources, TITLE);
  return openRows(input, new DocumentLayout(), options);
}

export function openJsonl(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  return openRows(input, new LinesLayout(onlyOne(input.sources, TITLE), input.range), options);
}

function openRows(input: ReaderInput, layout: JsonLayout, options?: RowsReaderOptions): FormatReader {
  const open = ({ batchBytes }: BatchOptions) => {
    const scanner = new Scanner(input.sources[0].path, layout.isOneLine);
    return { scanner, layout, rows: new RowParser(input.plan, scanner, batchBytes) };
  };
  return new RowsReader(input, open, options);
}
