import { readFileSync } from "node:fs";
import { join } from "node:path";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile, Sources } from "@sluice/object-store";
import { type CollectionSchema, DataType } from "@sluice/schema";
import { formatTimestamptz, parseTimestamptz } from "@sluice/values";
import { type CanonicalRow, canonicalRows } from "../canonical-rows.ts";
import type { FormatReader, ReaderInput, SourceRange } from "../format.ts";
import { formatNamed } from "../format-list.ts";
import { planFields } from "../plan-fields.ts";
import { type FixtureSchema, fixtureSchema } from "./fixture-schema.ts";

/** One case of an `expected.json`; see the fixtures' README. */
export interface FixtureCase {
  readonly name: string;
  readonly files: readonly string[];
  readonly type: string;
  readonly schema?: string;
  readonly expect: "rows" | "rows_or_error" | "error";
  readonly rows?: string;
  readonly error?: {
    readonly kind: string;
    readonly row?: number;
    readonly byte?: number;
    readonly field?: string;
  };
  readonly options?: Readonly<Record<string, string>>;
  readonly columns?: Readonly<Record<string, string>>;
  readonly fields_mapping?: Readonly<Record<string, string>>;
  readonly note?: string;
}

/** A folder of files with what they should become. */
export interface FixtureFolder {
  readonly folder: string;
  readonly schemas: Readonly<Record<string, FixtureSchema>>;
  readonly tables: Readonly<Record<string, readonly CanonicalRow[]>>;
  readonly cases: readonly FixtureCase[];
}

/** @throws where there is no `expected.json` */
export function readFixtureFolder(folder: string): FixtureFolder {
  return { folder, ...JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) };
}

/** The case's schema; a folder with one schema need not name it. */
export function schemaOfCase({ schemas }: FixtureFolder, { schema }: FixtureCase): CollectionSchema {
  const name = schema ?? Object.keys(schemas)[0];
  return fixtureSchema(schemas[name], name);
}

/** All files of the case, opened; whoever gets them closes them. @throws {ImportError} */
export async function sourcesOfCase(
  { folder }: FixtureFolder,
  { files }: FixtureCase,
  sources: Sources,
): Promise<SourceFile[]> {
  await using opened = new AsyncDisposableStack(); // Those before one that is not there.
  const found: SourceFile[] = [];
  for (const file of files)
    found.push(opened.use(await sources.open({ ...(await sources.find(join(folder, file))), path: file })));
  opened.move();
  return found;
}

/** All rows that a reader gives, in canonical form. @throws what the reader throws */
export async function readCanonicalRows(
  schema: CollectionSchema,
  reader: FormatReader,
  batchBytes = 1 << 20,
): Promise<CanonicalRow[]> {
  const rows: CanonicalRow[] = [];
  for await (const batch of reader.batches({ batchBytes, signal: new AbortController().signal }))
    rows.push(...canonicalRows(schema, completeBatch(schema, batch)));
  await reader[Symbol.asyncDispose]();
  return rows;
}

/** What a reader of a collection's files opens. */
export function readerInput(
  schema: CollectionSchema,
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>> = {},
  range?: SourceRange,
): ReaderInput {
  return { sources, plan: planFields(schema, options), options, ...(range && { range }) };
}

/** What a case gave: its rows, or the error. Errors that are no ImportError are thrown: nothing else may come of bad input. */
export async function runCase(
  folder: FixtureFolder,
  fixture: FixtureCase,
  from: Sources,
  open: (input: ReaderInput) => FormatReader = formatNamed(fixture.type).open,
  batchBytes?: number,
): Promise<CanonicalRow[] | ImportError> {
  const schema = schemaOfCase(folder, fixture);
  await using opened = new AsyncDisposableStack();
  const sources = await sourcesOfCase(folder, fixture, from);
  for (const source of sources) opened.use(source);
  try {
    const reader = open(readerInput(schema, sources, optionsOf(fixture)));
    return await readCanonicalRows(schema, reader, batchBytes);
  } catch (error) {
    if (error instanceof ImportError) return error;
    throw error;
  }
}

/** The import options of a case, its mapping among them. */
function optionsOf({ options = {}, fields_mapping }: FixtureCase): Record<string, string> {
  return { ...options, ...(fields_mapping && { fields_mapping: JSON.stringify(fields_mapping) }) };
}

/** The table that a case's rows must equal, without automatic keys, and with times as they are shown in UTC. */
export function expectedRows(folder: FixtureFolder, fixture: FixtureCase): CanonicalRow[] {
  const schema = schemaOfCase(folder, fixture);
  const automatic = new Set(schema.fields.filter((field) => field.autoId).map((field) => field.name));
  const times = new Set(
    schema.fields.filter((field) => field.dataType === DataType.Timestamptz).map((field) => field.name),
  );
  const shown = (name: string, value: unknown) =>
    times.has(name) && typeof value === "string" ? formatTimestamptz(parseTimestamptz(value, "UTC"), "UTC") : value;
  const rows = folder.tables[fixture.rows as string] ?? [];
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !automatic.has(name))
        .map(([name, value]) => [name, shown(name, value)]),
    ),
  );
}
