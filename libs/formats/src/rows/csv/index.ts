import type { FileProbe, Format, FormatReader, ProbeInput, ReaderInput } from "../../format.ts";
import { onlyOne } from "../only-one.ts";
import { describeCsv } from "./describe-csv.ts";
import { type Dialect, dialectKeys, parseDialect } from "./dialect.ts";
import { type CsvReaderOptions, openCsv, readHead, TITLE } from "./open-csv.ts";
import { bindHeader } from "./record-parser.ts";

/** Comma-separated values. Cut by bytes, although cells may hold line ends: see `LineStarts`. */
export const csvFormat: Format = separatedValues("csv", ",");

/** The same with tabs. */
export const tsvFormat: Format = separatedValues("tsv", "\t");

function separatedValues(name: string, separator: "," | "\t"): Format {
  return {
    name,
    title: TITLE,
    extensions: [`.${name}`],
    grouping: "rows",
    takesForms: true,
    rangeUnit: "byte",
    text: { extension: `.${name}`, before: "", between: "\n", after: "\n" },
    optionKeys: dialectKeys,
    checkOptions: (options) => void parseDialect(options, separator),
    describe: ([source], signal, options = {}) =>
      describeCsv(source, parseDialect(options, separator), signal, options.nan === "null"),
    probe: (input, signal) => probeCsv(input, parseDialect(input.options, separator), signal),
    open: (input) => openSeparated(input, separator),
  };
}

/** @param separator unless the option `sep` names another */
export function openSeparated(input: ReaderInput, separator: "," | "\t", options?: CsvReaderOptions): FormatReader {
  const { sep = "" } = input.options;
  const [first] = sep;
  if (sep.length > first?.length)
    input.warn?.(`of the option sep only the first character counts, as in Milvus: ${JSON.stringify(first)}`);
  return openCsv(input, parseDialect(input.options, separator), options);
}

/** Reads the header. */
async function probeCsv({ sources, plan }: ProbeInput, dialect: Dialect, signal: AbortSignal): Promise<FileProbe> {
  const source = onlyOne(sources, TITLE);
  const { names } = await readHead(source, dialect, signal);
  bindHeader(plan, names, source.path);
  // A separator of several bytes is none of the bytes that tell where records begin; nor is a quote that may be escaped.
  const cuts = dialect.separator.length === 1 && !dialect.escapesQuotes ? "anywhere" : "nowhere";
  return { rowCount: undefined, cuts, extent: source.sizeBytes };
}
