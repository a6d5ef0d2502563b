import type { SourceFile } from "@sluice/object-store";
import { leafType } from "@sluice/parquet";
import { type DataType, dataTypeName, TIMESTAMP_FIELD, vectorBytes } from "@sluice/schema";
import type { ColumnDescription, FileProbe, ProbeInput, SourceDescription } from "../../format.ts";
import { foundType, scalarFieldType } from "../parquet/type-rules.ts";
import type { LogDirectory } from "./log-files.ts";
import { type OpenLog, openLog } from "./open-log.ts";
import { openStripe } from "./segment-logs.ts";
import { filesOf, storedSchema } from "./segment-reader.ts";

/**
 * What heads and footers tell. Rows are known only where none may have been deleted.
 * @throws {ImportError} as reading the first rows would
 */
export async function probeSegment(input: ProbeInput, signal: AbortSignal): Promise<FileProbe> {
  const files = filesOf(input);
  const { columns } = await openStripe(files, 0, storedSchema(input), signal);
  const extent = input.sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const id = directoryOf(files.directories, columns.get(TIMESTAMP_FIELD)?.log.source);
  const isWhole =
    files.deltas.length === 0 && Object.keys(input.options).every((key) => !/^(start|end)_?ts$/i.test(key));
  return { rowCount: isWhole ? await rowsOf(id, signal) : undefined, cuts: "nowhere", extent };
}

/** Fields by their ids: what they are called stands elsewhere. @throws {ImportError} as `openLog` */
export async function describeSegment(
  sources: readonly SourceFile[],
  signal: AbortSignal,
  options: Readonly<Record<string, string>> = {},
): Promise<SourceDescription> {
  const { directories, deltas } = filesOf({ sources, options });
  const columns: ColumnDescription[] = [];
  for (const { id, logs } of directories) columns.push(...columnsOf(await openLog(logs[0], id, signal)));
  const rowCount = deltas.length === 0 ? await rowsOf(directories[0], signal) : undefined;
  return { rowCount, columns: columns.filter(({ name }) => Number(name) > TIMESTAMP_FIELD) };
}

function directoryOf(directories: readonly LogDirectory[], log: SourceFile | undefined): LogDirectory {
  return directories.find(({ logs }) => log && logs.includes(log)) ?? directories[0];
}

async function rowsOf({ id, logs }: LogDirectory, signal: AbortSignal): Promise<number> {
  let rows = 0;
  for (const log of logs) rows += (await openLog(log, id, signal)).rowCount;
  return rows;
}

function columnsOf(log: OpenLog): ColumnDescription[] {
  return [...log.columns].map(([fieldId, position]) => columnOf(log, fieldId, position, log.dataType));
}

function columnOf({ parts }: OpenLog, id: number, position: number, dataType: DataType | undefined): ColumnDescription {
  const node = parts[0].file.root.children[position];
  const { kind, width } = leafType(node);
  const isVector = kind === "fixed";
  return {
    name: String(id),
    type: dataType === undefined ? foundType(node) : dataTypeName(dataType),
    dataType: dataType ?? (node.leaf < 0 ? undefined : scalarFieldType(leafType(node))),
    ...(isVector && dataType !== undefined && { dim: dimensionOf(dataType, width) }),
    isNullable: node.definition > 0,
  };
}

function dimensionOf(dataType: DataType, width: number): number {
  return (width * 8) / vectorBytes(dataType, 8);
}
