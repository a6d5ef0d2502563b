import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { leafType, listNode, type ParquetFile, readFooter, type SchemaNode } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import { withContent } from "../../foreign-content.ts";
import type { ColumnDescription, FileProbe, ProbeInput, SourceDescription } from "../../format.ts";
import { planColumns } from "./column-plans.ts";
import { extraType, foundType } from "./type-rules.ts";

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

/** The columns of a file. @throws {ImportError} `malformed_file`, `unsupported`, or what the store says */
export async function describeParquet(source: SourceFile, signal?: AbortSignal): Promise<SourceDescription> {
  const { root, rowCount } = await footerOf(source, signal);
  return { rowCount, columns: root.children.map(describeColumn) };
}

function describeColumn(column: SchemaNode): ColumnDescription {
  const base = { name: column.name, type: foundType(column), isNullable: column.definition > 0 };
  const list = listNode(column);
  if (!list) return { ...base, dataType: column.leaf < 0 ? DataType.JSON : extraType(leafType(column).kind) };
  const { kind } = leafType(list.element);
  // How long the lists are, the footer does not say.
  if (kind === "float" || kind === "double") return { ...base, dataType: DataType.FloatVector };
  const elementType = list.element.leaf < 0 ? undefined : extraType(kind);
  return elementType === undefined
    ? { ...base, dataType: undefined }
    : { ...base, dataType: DataType.Array, elementType };
}

/** The footer. @throws {ImportError} `malformed_file` also of a file that is no Parquet, with what it is */
export async function footerOf(source: SourceFile, signal?: AbortSignal): Promise<ParquetFile> {
  try {
    return await readFooter(source, signal);
  } catch (error) {
    throw locate(await withContent(error, source, signal), { file: source.path });
  }
}
