import type { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType, dataTypeName, isDenseVector } from "@sluice/schema";
import type { CanonicalRow } from "../canonical-rows.ts";
import type { ColumnDescription } from "../format.ts";
import { formatNamed } from "../format-list.ts";
import { parseFieldOptions } from "../plan/field-options.ts";
import type { Preset } from "../presets/preset.ts";
import { presetOf } from "../presets/preset-of.ts";
import { columnFacts } from "./column-facts.ts";
import { type FoundFolders, folderColumns, noFolders } from "./folder-columns.ts";
import { type MappedColumn, type Mapping, mappedColumns } from "./mapped-columns.ts";
import { presetMapping } from "./preset-mapping.ts";
import { type ProposedSchema, proposeSchema, type SampledColumn } from "./propose-schema.ts";
import { withSparkVectors, withTextLists, withWideIntegers } from "./refine-columns.ts";
import { type RowSample, sampleRows } from "./sample-rows.ts";

/** Rows that are shown. */
const SHOWN_ROWS = 5;
const SHOWN_ERRORS = 5;
/** Times that a sample is read: a row is rejected for one of its values, though others may be too large as well. */
const MAX_SAMPLES = 8;

/** What is in a file, or a set of column files, told without a collection. */
export interface Inspection {
  readonly format: string;
  readonly paths: readonly string[];
  readonly sizeBytes: number;
  /** Known from a header or footer, else an estimate by the rows that were looked at. */
  readonly rowCount: number | undefined;
  readonly isRowCountEstimate: boolean;
  readonly columns: readonly {
    /** In the source; where `fields_mapping` looks into another one, the path. */
    readonly name: string;
    readonly type: string;
    /** Of the field that takes it, where `fields_mapping` gives it another name. */
    readonly fieldName?: string;
    readonly fieldType?: string;
    readonly dim?: number;
  }[];
  /** The first rows, as an import would read them. */
  readonly sample: readonly CanonicalRow[];
  /** Why rows among the first ones would not be imported into the proposed fields. */
  readonly faults: readonly { readonly row?: number; readonly field?: string; readonly reason: string }[];
  readonly schema: ProposedSchema;
}

/**
 * @param folders columns of the same rank
 * @throws {ImportError} for a source that cannot be read at all
 */
export async function inspectGroup(
  format: string,
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
  folders: FoundFolders = noFolders,
): Promise<Inspection> {
  const description = await formatNamed(format).describe(sources, signal, options);
  const { columns: own, rowCount, sampledRows, rowsPath = [] } = description;
  const described = withFolders(own, folders);
  const preset = options.preset ? presetOf(options.preset) : undefined;
  // Columns are read under their own names, since no collection says yet what is whose.
  const sampleOptions = { ...options, preset: valuesOnly(preset), fields_mapping: mappingInto(rowsPath, own) };
  const read = (columns: readonly ColumnDescription[]) =>
    sample(format, sources, { columns, options: sampleOptions, folders: folders.own }, signal);
  const areTyped = sampledRows === undefined;
  const { columns, rows, rejected, bytesPerRow } = await fittingSample(read, described, areTyped);
  const seen = columns.map((column) => refined({ ...column, facts: columnFacts(column.name, rows) }, rows));
  const mapping = mappingOf(preset, options, seen, rows);
  const sampled = mappedColumns(seen, rows, mapping).map(withDim);
  return {
    ...{ format, paths: sources.map(({ path }) => path), ...sizesOf(sources, rowCount, bytesPerRow) },
    columns: sampled.map(columnView),
    sample: rows.slice(0, SHOWN_ROWS),
    faults: rejected.slice(0, SHOWN_ERRORS).map(faultView),
    schema: proposeSchema(sampled, mapping.hasRest || (!areTyped && isRestWanted(described, sampled))),
  };
}

/** What stands in the file goes before what its path says. */
function withFolders(own: readonly ColumnDescription[], folders: FoundFolders): readonly ColumnDescription[] {
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...folderColumns(folders).filter(({ name }) => !names.has(name))];
}

/** @param rowCount as the format tells it, where it does without reading rows */
function sizesOf(
  sources: readonly SourceFile[],
  rowCount: number | undefined,
  bytesPerRow: number | undefined,
): Pick<Inspection, "sizeBytes" | "rowCount" | "isRowCountEstimate"> {
  const sizeBytes = sources.reduce((sum, source) => sum + source.sizeBytes, 0);
  const estimate = bytesPerRow ? Math.round(sizeBytes / bytesPerRow) : undefined;
  return { sizeBytes, rowCount: rowCount ?? estimate, isRowCountEstimate: rowCount === undefined };
}

/** @param rows the sample that it was seen in */
function refined(column: SampledColumn, rows: readonly CanonicalRow[]): SampledColumn {
  return column.isSparkVector ? withSparkVectors(column, rows) : withTextLists(column, rows);
}

/** Of a preset what it says of values; where they lie is told by the mapping. */
function valuesOnly(preset: Preset | undefined): string {
  return preset?.extended_json ? JSON.stringify({ description: "", fields_mapping: {}, extended_json: true }) : "";
}

/** Values of several types, or lists of objects, that no mapping leads elsewhere: no field takes them, and the dynamic field does. */
function isRestWanted(described: readonly ColumnDescription[], mapped: readonly MappedColumn[]): boolean {
  const left = new Set(mapped.filter(({ dataType }) => dataType === undefined).map(({ source }) => source));
  return described.some(
    ({ name, type, dataType }) => dataType === undefined && name !== "" && type !== "null" && left.has(name),
  );
}

function mappingOf(
  preset: Preset | undefined,
  options: Readonly<Record<string, string>>,
  columns: readonly ColumnDescription[],
  rows: readonly CanonicalRow[],
): Mapping {
  const asked = parseFieldOptions(options);
  if (!preset) return asked;
  const names = columns.map(({ name }) => name);
  return { ...asked, ...presetMapping(preset, asked, names, rows) };
}

/** Columns are read under their own names, since no collection says yet what the fields of a mapping are; one leads to the rows. */
function mappingInto(rowsPath: readonly string[], columns: readonly ColumnDescription[]): string {
  const first = columns.find(({ dataType }) => dataType !== undefined);
  return JSON.stringify(rowsPath.length > 0 && first ? { [[...rowsPath, first.name].join(".")]: first.name } : {});
}

function sample(
  ...[format, sources, { columns, options, folders }, signal]: Parameters<typeof sampleRows>
): Promise<RowSample> {
  const coerce = columns.some(({ isCoerced }) => isCoerced) && { coerce: "true" };
  return sampleRows(
    format,
    sources,
    { columns: columns.map(asList), options: { ...options, ...coerce }, folders },
    signal,
  );
}

/** Some rows, and the columns as what they were read. @param areTyped by the file, and not by a look at values */
async function fittingSample(
  read: (columns: readonly ColumnDescription[]) => Promise<RowSample>,
  described: readonly ColumnDescription[],
  areTyped: boolean,
): Promise<RowSample & { readonly columns: readonly ColumnDescription[] }> {
  let [columns, found] = [described, await read(described)];
  for (let samples = 1; areTyped && samples < MAX_SAMPLES; samples++) {
    const widened = withWideIntegers(columns, found.rejected);
    if (!widened) break;
    [columns, found] = [widened, await read(widened)];
  }
  return { ...(await withoutWrong(read, columns, found)), columns };
}

/** Where a column is wrong in every row, the others tell what they are without it. */
async function withoutWrong(
  read: (columns: readonly ColumnDescription[]) => Promise<RowSample>,
  columns: readonly ColumnDescription[],
  found: RowSample,
): Promise<RowSample> {
  let [left, sample] = [columns, found];
  for (let samples = 1; sample.rows.length === 0 && sample.rejected.length > 0 && samples < MAX_SAMPLES; samples++) {
    const wrong = new Set(sample.rejected.map(({ at }) => at?.field));
    const others = left.filter(({ name }) => !wrong.has(name));
    if (others.length === left.length || !others.some(({ dataType }) => dataType !== undefined)) break;
    [left, sample] = [others, await read(others)];
  }
  return { ...sample, rejected: found.rejected };
}

function lacksDim({ dataType, dim }: ColumnDescription): boolean {
  return dataType !== undefined && isDenseVector(dataType) && dim === undefined;
}

/** Lists of numbers whose length no header tells are read as what they are. */
function asList(column: ColumnDescription): ColumnDescription {
  if (column.isSparkVector) return { ...column, dataType: DataType.JSON };
  if (!lacksDim(column)) return column;
  const isFloat = column.dataType === DataType.FloatVector;
  return { ...column, dataType: isFloat ? DataType.Array : undefined, elementType: DataType.Float };
}

/** They are vectors when those that were looked at have one length. */
function withDim(column: MappedColumn): MappedColumn {
  if (!lacksDim(column)) return column;
  const { dim } = column.facts;
  return { ...column, ...(dim === undefined ? asList(column) : { dim }) };
}

function columnView({ source, name, type, dataType, dim }: MappedColumn) {
  const view = { name: source, type, ...(name !== source && { fieldName: name }) };
  return { ...view, ...(dataType !== undefined && { fieldType: dataTypeName(dataType) }), ...(dim && { dim }) };
}

function faultView({ reason, at }: ImportError) {
  const { row, field } = at ?? {};
  return { ...(row !== undefined && { row }), ...(field !== undefined && { field }), reason };
}
