import type { FileProbe, Format, FormatReader, ProbeInput, ReaderInput } from "../../format.ts";
import { onlyOne } from "../only-one.ts";
import { RowsReader, type RowsReaderOptions } from "../rows-reader.ts";
import { describeRows } from "./describe-rows.ts";
import { RowParser } from "./row-parser.ts";
import { Scanner } from "./scanner.ts";
import { tellLayout } from "./tell-layout.ts";

const TITLE = "JSON";

/** Text that holds `{"rows": [...]}`, a list of objects, or one object a line: told by the content, whatever the name. */
export const jsonFormat: Format = {
  name: "json",
  title: TITLE,
  extensions: [".json"],
  grouping: "rows",
  rangeUnit: "byte",
  text: { extension: ".json", before: "[\n", between: ",\n", after: "\n]\n" },
  describe: ([source], signal) => describeRows(source, false, signal),
  probe: (input, signal) => probeJson(input, false, signal),
  open: (input) => openJson(input),
};

/** The same by names that promise lines: what can be either is taken for them. */
export const jsonlFormat: Format = {
  name: "jsonl",
  title: TITLE,
  extensions: [".jsonl", ".ndjson"],
  grouping: "rows",
  rangeUnit: "byte",
  text: { extension: ".jsonl", before: "", between: "\n", after: "\n" },
  describe: ([source], signal) => describeRows(source, true, signal),
  probe: (input, signal) => probeJson(input, true, signal),
  open: (input) => openJsonl(input),
};

export function openJson(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  return openRows(input, false, options);
}

export function openJsonl(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  return openRows(input, true, options);
}

/** Lines are cut by bytes: exact at any byte, since no JSON string holds a raw line end. Elsewhere no row's start can be told. */
async function probeJson(
  { sources, plan }: ProbeInput,
  isNamedLines: boolean,
  signal: AbortSignal,
): Promise<FileProbe> {
  const file = onlyOne(sources, TITLE);
  const { shape } = await tellLayout(file, { isNamedLines, plan, signal });
  return { rowCount: undefined, cuts: shape === "lines" ? "anywhere" : "nowhere", extent: file.sizeBytes };
}

function openRows(input: ReaderInput, isNamedLines: boolean, options?: RowsReaderOptions): FormatReader {
  const { plan, range } = input;
  const file = onlyOne(input.sources, TITLE);
  return new RowsReader(
    input,
    async ({ batchBytes, signal }) => {
      const { source, layout } = await tellLayout(file, { isNamedLines, plan, ...(range && { range }), signal });
      const scanner = new Scanner(source.path, layout.isOneLine);
      return { source, scanner, layout, rows: new RowParser(plan, scanner, batchBytes) };
    },
    options,
  );
}
