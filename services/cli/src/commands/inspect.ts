import { Argument, type Command } from "commander";
import type { ProposedField, ProposedSchema } from "../client/collections.ts";
import { bytesText, say, showJson, shown, showTable } from "../show/tables.ts";
import {
  collectPairs,
  type ReadingOptions,
  readingOptions,
  restOf,
  type ServerOptions,
  serverCommand,
  serverPaths,
  throwOfBucket,
} from "./common.ts";

/** Files of one table that are named in a line. */
const MAX_PATHS = 8;

interface Inspection {
  readonly format: string;
  readonly paths: readonly string[];
  readonly sizeBytes: number;
  readonly rowCount?: number;
  readonly isRowCountEstimate: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly fieldName?: string }[];
  readonly sample: readonly Readonly<Record<string, unknown>>[];
  readonly faults: readonly { readonly row?: number; readonly reason: string }[];
  readonly schema: ProposedSchema & {
    readonly fields: readonly (ProposedField & { readonly evidence: readonly string[] })[];
  };
}

interface InspectOptions extends ServerOptions, ReadingOptions {
  readonly columns?: boolean;
}

/** `sluice inspect`. */
export function inspectCommand(): Command {
  return serverCommand("inspect", "what files hold, and which collection would take them")
    .addArgument(new Argument("<files...>", "paths as the server has them"))
    .option("--columns", "the files are columns of one table")
    .option("--map <SOURCE=FIELD>", "values of FIELD stand under SOURCE; again and again", collectPairs)
    .option("--preset <NAME>", "the layout of another store's export")
    .option("--option <KEY=VALUE>", "an option of the import; again and again", collectPairs)
    .action(inspect);
}

async function inspect(files: readonly string[], options: InspectOptions): Promise<void> {
  const paths = serverPaths(files, options.address);
  const answer = await restOf(options)
    .post<{ files: readonly Inspection[]; fileCount: number }>("jobs/import/inspect", {
      files: options.columns || paths.every((path) => /\.npy$/i.test(path)) ? [paths] : paths.map((path) => [path]),
      options: readingOptions(options),
    })
    .catch(throwOfBucket);
  if (options.json) return showJson(answer.files);
  answer.files.forEach(show);
  const others = answer.fileCount - answer.files.length;
  if (others > 0) say(`${others} more files were not looked at`);
}

function show({
  format,
  paths,
  sizeBytes,
  rowCount,
  isRowCountEstimate,
  columns,
  sample,
  faults,
  schema,
}: Inspection): void {
  const rows = rowCount === undefined ? "unknown rows" : `${isRowCountEstimate ? "about " : ""}${rowCount} rows`;
  say(`${pathsText(paths)}: ${format}, ${bytesText(sizeBytes)}, ${rows}`);
  const fields = new Map(schema.fields.map((field) => [field.fieldName, field]));
  const example = (name: string) => cut(shown(sample[0]?.[name]));
  showTable(
    ["column", "holds", "as field", "example"],
    columns.map(({ name, type, fieldName = name }) => [
      name,
      type,
      fieldText(fields.get(fieldName), name),
      example(name),
    ]),
  );
  for (const [key, value] of Object.entries(schema.options ?? {}))
    say(`an import of it needs the option ${key}=${value}`);
  if (schema.autoId) say(`key: "${schema.fields[0].fieldName}", made for each row, since no column is surely one`);
  for (const { row, reason } of faults) say(`row ${row ?? "?"}: ${reason}`);
}

/** A store may be thousands of files. */
function pathsText(paths: readonly string[]): string {
  const [first, ...others] = paths;
  return others.length < MAX_PATHS ? paths.join(", ") : `${first} and ${others.length} more`;
}

/** @param column that the field is called after, unless it says so */
function fieldText(field: ProposedField | undefined, column: string): string {
  if (!field) return "none takes it";
  const { fieldName, dataType, elementDataType, isPrimary, nullable, elementTypeParams = {} } = field;
  const params = Object.entries(elementTypeParams).map(([key, value]) => `${key}=${value}`);
  return [
    fieldName !== column && `"${fieldName}"`,
    elementDataType ? `${dataType} of ${elementDataType}` : dataType,
    isPrimary && "key",
    nullable && "nullable",
    ...params,
  ]
    .filter(Boolean)
    .join(", ");
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
