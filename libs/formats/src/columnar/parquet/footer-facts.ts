import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import {
  leafType,
  listNode,
  mapNode,
  type PandasRange,
  type ParquetFile,
  readFooter,
  type SchemaNode,
} from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { withContent } from "../../foreign-content.ts";
import type { ColumnDescription, FileProbe, ProbeInput, SourceDescription } from "../../format.ts";
import { isFloat } from "../../numbers/number-kind.ts";
import { parseFieldOptions } from "../../plan/field-options.ts";
import { withTableNames } from "../../plan/table-names.ts";
import { planColumns } from "./column-plans.ts";
import { jsonShape } from "./columns/json-shape.ts";
import { notedTypes } from "./noted-types.ts";
import { foundType, isJsonText, isSparkVector, isSparseShape, scalarFieldType } from "./type-rules.ts";

/**
 * What the footer tells: rows, and row groups as places to cut. The file's columns are checked against the plan, so that a
 * file that cannot be imported fails before any work is planned.
 * @throws {ImportError} `malformed_file`, `schema_mismatch`, `unsupported`, or what the store says
 */
export async function probeParquet({ sources, plan }: ProbeInput, signal?: AbortSignal): Promise<FileProbe> {
  const [source] = sources;
  const file = await footerOf(source, signal);
  if (!hasNoRows(file)) planColumns(file, plan, source.path);
  const cuts = [0];
  const cutBytes = [0];
  for (const [i, group] of file.rowGroups.entries()) {
    cuts.push(i + 1);
    cutBytes.push(cutBytes[i] + group.compressedBytes);
  }
  return { rowCount: file.rowCount, cuts, cutBytes, extent: file.rowGroups.length };
}

/** An empty table fits, whatever its columns: pandas gives those of an empty frame the type null. */
export function hasNoRows({ rowGroups }: ParquetFile): boolean {
  return rowGroups.every(({ rowCount }) => rowCount === 0);
}

/**
 * The columns of a file, under the names that its table has for them.
 * @throws {ImportError} `malformed_file`, `unsupported`, or what the store says
 */
export async function describeParquet(
  source: SourceFile,
  signal?: AbortSignal,
  options: Readonly<Record<string, string>> = {},
): Promise<SourceDescription> {
  const { root: asWritten, rowCount, pandasIndex, geometries, fieldNotes } = await footerOf(source, signal);
  const { tableColumns } = parseFieldOptions(options);
  const root = tableColumns ? withTableNames(asWritten, tableColumns) : asWritten;
  const names = new Set(root.children.map(({ name }) => name));
  const ranges = pandasIndex.ranges.filter(({ name }) => !names.has(name)).map(describeRange);
  const noted = notedTypes(fieldNotes);
  const geometry = (name: string) => geometries.includes(name) && { dataType: DataType.Geometry };
  const columns = root.children.map((column) => ({
    ...describeColumn(column),
    ...geometry(column.name),
    ...noted.get(column.name),
  }));
  return { rowCount, columns: [...ranges, ...columns] };
}

/** An index that pandas keeps in the metadata. */
function describeRange({ name }: PandasRange): ColumnDescription {
  return { name, type: "index of pandas", dataType: DataType.Int64, isNullable: false };
}

function describeColumn(column: SchemaNode): ColumnDescription {
  const base = { name: column.name, type: foundType(column), isNullable: column.definition > 0 };
  const list = listNode(column);
  if (isSparkVector(column)) return { ...base, dataType: DataType.FloatVector, isSparkVector: true };
  if (!list && column.leaf < 0) return { ...base, dataType: groupFieldType(column) };
  if (!list) return { ...base, dataType: scalarFieldType(leafType(column)), mayBeLists: isJsonText(column) };
  const type = leafType(list.element);
  // How long the lists are, the footer does not say.
  const isReal = isFloat(type.kind) || (type.kind === "decimal" && type.scale !== 0);
  if (isReal) return { ...base, dataType: DataType.FloatVector };
  const elementType = list.element.leaf < 0 ? undefined : elementFieldType(scalarFieldType(type));
  if (elementType !== undefined) return { ...base, dataType: DataType.Array, elementType };
  return { ...base, dataType: jsonShape(column) ? DataType.JSON : undefined };
}

function groupFieldType(column: SchemaNode): DataType | undefined {
  if (isSparseShape(column) && !mapNode(column)) return DataType.SparseFloatVector;
  return jsonShape(column) ? DataType.JSON : undefined;
}

/** Elements of arrays: times are texts there. */
function elementFieldType(type: DataType | undefined): DataType | undefined {
  if (type === DataType.Timestamptz) return DataType.VarChar;
  return type === DataType.JSON || type === DataType.Geometry ? undefined : type;
}

/** The footer. @throws {ImportError} `malformed_file` also of a file that is no Parquet, with what it is */
export async function footerOf(source: SourceFile, signal?: AbortSignal): Promise<ParquetFile> {
  try {
    return await readFooter(source, signal);
  } catch (error) {
    throw locate(await withContent(error, source, signal), { file: source.path });
  }
}
