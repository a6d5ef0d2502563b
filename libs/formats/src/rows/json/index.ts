import type { FileProbe, Format, FormatReader, ProbeInput, ReaderInput } from "../../format.ts";
import { onlyOne } from "../only-one.ts";
import type { RowsReaderOptions } from "../rows-reader.ts";
import { describeJson } from "./describe-json.ts";
import { JsonReader } from "./json-reader.ts";
import type { JsonShape } from "./json-shape.ts";
import { tellFile } from "./tell-layout.ts";

const TITLE = "JSON";

/** Rows or columns in any of the shapes that JSON has for them: told by the content, whatever the name. */
export const jsonFormat: Format = {
  name: "json",
  title: TITLE,
  extensions: [".json"],
  grouping: "rows",
  // Files that are named together hold one field each, or some.
  mixesAs: "json",
  isColumns: true,
  takesForms: true,
  rangeUnit: "byte",
  tellsCutsOnly: true,
  text: { extension: ".json", before: "[\n", between: ",\n", after: "\n]\n" },
  describe: (sources, signal, options) => describeJson(sources, false, signal, options),
  probe: (input, signal) => probeJson(input, false, signal),
  open: (input) => openJson(input),
};

/** The same by names that promise lines: what can be either is taken for them. */
export const jsonlFormat: Format = {
  name: "jsonl",
  title: TITLE,
  extensions: [".jsonl", ".ndjson"],
  grouping: "rows",
  takesForms: true,
  rangeUnit: "byte",
  tellsCutsOnly: true,
  text: { extension: ".jsonl", before: "", between: "\n", after: "\n" },
  describe: (sources, signal, options) => describeJson(sources, true, signal, options),
  probe: (input, signal) => probeJson(input, true, signal),
  open: (input) => openJsonl(input),
};

function isCuttable(shape: JsonShape): boolean {
  return shape.kind === "lines" || (shape.kind === "document" && shape.isAllRows === true);
}

/** Rows in a list or an object, or columns, as the file shows by itself. */
export function openJson(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  return new JsonReader(input, false, options);
}

/** One row a line. @throws {ImportError} `request_invalid` for several files */
export function openJsonl(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  onlyOne(input.sources, TITLE);
  return new JsonReader(input, true, options);
}

/** Cut by bytes, exact at any: lines since no JSON string holds a raw line end, lists of rows as `cut-document.ts` says. */
async function probeJson(
  { sources, plan }: ProbeInput,
  isNamedLines: boolean,
  signal: AbortSignal,
): Promise<FileProbe> {
  const [file, ...others] = sources;
  if (others.length > 0)
    return { rowCount: undefined, cuts: "nowhere", extent: sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  const { shape } = await tellFile(file, { isNamedLines, plan }, signal);
  return { rowCount: undefined, cuts: isCuttable(shape) ? "anywhere" : "nowhere", extent: file.sizeBytes };
}
