import { ImportError } from "@sluice/errors";
import type { CollectionSchema } from "@sluice/schema";
import type { BatchOptions, Format, FormatReader, ReaderInput } from "../../format.ts";
import { parseColumns } from "../csv/dialect.ts";
import { onlyOne } from "../only-one.ts";
import { RowsReader, type RowsReaderOptions } from "../rows-reader.ts";
import { TupleLayout } from "./tuple-layout.ts";
import { TupleParser } from "./tuple-parser.ts";
import { TupleScanner } from "./tuple-scanner.ts";

const TITLE = "COPY BINARY";

/**
 * PostgreSQL's `COPY … TO … WITH (FORMAT binary)`, with pgvector's types. The file names neither columns nor types: the option
 * `columns` has the names, else the fields of the collection in their order. Never cut: only its lengths say where a row begins.
 */
export const pgcopyFormat: Format = {
  name: "pgcopy",
  title: TITLE,
  extensions: [".pgcopy"],
  grouping: "rows",
  rangeUnit: undefined,
  tellsCutsOnly: true,
  optionKeys: ["columns"],
  checkOptions: ({ columns }) => void parseColumns(columns),
  describe: async ([source]) => {
    const reason = "a COPY BINARY file does not name its columns and types: look at the table it came from";
    throw new ImportError("unsupported", reason, { file: source.path });
  },
  probe: async ({ sources }) => ({
    rowCount: undefined,
    cuts: "nowhere",
    extent: onlyOne(sources, TITLE).sizeBytes,
  }),
  open: (input) => openPgcopy(input),
};

/** Names come from the option `columns`, else from the schema: the file has none. */
export function openPgcopy(input: ReaderInput, options?: RowsReaderOptions): FormatReader {
  const { plan, warn } = input;
  const source = onlyOne(input.sources, TITLE);
  const open = ({ batchBytes }: BatchOptions) => {
    const scanner = new TupleScanner(source.path);
    const names = parseColumns(input.options.columns) ?? namesOf(plan.schema);
    const rows = new TupleParser(plan, scanner, batchBytes);
    return { scanner, layout: new TupleLayout(() => rows.bind(names, warn)), rows };
  };
  return new RowsReader(input, open, options);
}

/** Fields that files give, in the order of the collection. */
function namesOf({ fields, structs, allowInsertAutoId }: CollectionSchema): string[] {
  const isMember = (name: string) => structs.some((struct) => name.startsWith(`${struct.name}[`));
  return fields
    .filter(
      ({ autoId, isDynamic, isFunctionOutput }) => !(autoId && !allowInsertAutoId) && !isDynamic && !isFunctionOutput,
    )
    .map(({ name }) => name)
    .filter((name) => !isMember(name));
}
