import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import {
  type CollectionSchema,
  dataTypeName,
  type FieldSchema,
  isOptional,
  ROW_ID_FIELD,
  rowIdField,
  TIMESTAMP_FIELD,
  timestampField,
} from "@sluice/schema";
import type { LogDirectory, SegmentFiles } from "./log-files.ts";
import { type OpenLog, openGroup, openLog } from "./open-log.ts";

/** Logs whose heads and footers are asked for at once. */
const CONCURRENCY = 8;

/** A column of a log. */
export interface LogColumn {
  readonly log: OpenLog;
  /** Of the columns of the log. */
  readonly position: number;
}

/** Logs of all directories that hold the same rows. */
export interface LogStripe {
  readonly rowCount: number;
  /** By field id, system fields too. */
  readonly columns: ReadonlyMap<number, LogColumn>;
}

/**
 * Opens the logs that stand at one place of each directory, which hold the same rows, and checks that they do.
 * @throws {ImportError} in Milvus's words; as `openLog`
 */
export async function openStripe(
  { directories }: SegmentFiles,
  index: number,
  schema: CollectionSchema,
  signal: AbortSignal,
): Promise<LogStripe> {
  const open = (directory: LogDirectory) =>
    directory.group ? openGroup(directory, signal) : openLog(directory.logs[index], directory.id, signal);
  const logs = await Array.fromAsync(mapConcurrent(directories, CONCURRENCY, open));
  const columns = new Map<number, LogColumn>();
  for (const log of logs)
    for (const [fieldId, position] of log.columns) {
      const before = columns.get(fieldId)?.log.source.path;
      if (before !== undefined) throw malformed(log, `field ${fieldId} has a column here and in ${before}`);
      columns.set(fieldId, { log, position });
    }
  checkFields(columns, schema, logs[0]);
  return { columns, rowCount: alignedRows(logs) };
}

/** Source of the words: binlog format, §8.2. */
function checkFields(columns: LogStripe["columns"], { fields }: CollectionSchema, first: OpenLog): void {
  if (!columns.has(ROW_ID_FIELD)) throw missing(first, `no binlog for ${rowIdField.name} field`, rowIdField.name);
  if (!columns.has(TIMESTAMP_FIELD)) throw missing(first, "no binlog for TimestampField", timestampField.name);
  const absent = fields.filter((field) => !columns.has(field.fieldId) && (field.isPrimaryKey || !isOptional(field)));
  if (absent.length > 0) {
    const names = absent.map(({ name, fieldId }) => (fieldId < 0 ? name : `${name} (id ${fieldId})`)).join(", ");
    const there = [...columns.keys()].sort((a, b) => a - b).join(", ");
    throw missing(first, `no binlog for field:${names}; the segment has those of fields ${there}`, absent[0].name);
  }
  for (const field of fields) checkType(columns.get(field.fieldId), field);
}

function checkType(column: LogColumn | undefined, { fieldId, dataType, name }: FieldSchema): void {
  const found = column?.log.dataType;
  if (found === undefined || found === dataType) return;
  const reason = `binlog is ${dataTypeName(found)} type, unequal to field ${fieldId}, which is ${dataTypeName(dataType)}`;
  throw new ImportError("schema_mismatch", reason, { file: column?.log.source.path, field: name, byteOffset: 69 });
}

function alignedRows([first, ...others]: readonly OpenLog[]): number {
  const odd = others.find(({ rowCount }) => rowCount !== first.rowCount);
  if (!odd) return first.rowCount;
  const reason = `imported rows are not aligned: ${odd.rowCount} here, ${first.rowCount} in ${first.source.path}`;
  throw malformed(odd, reason);
}

function missing({ source }: OpenLog, reason: string, field: string): ImportError {
  return new ImportError("schema_mismatch", reason, { file: folderOf(source.path), field });
}

/** The segment's own folder. */
function folderOf(path: string): string {
  return path.split("/").slice(0, -2).join("/");
}

function malformed({ source }: OpenLog, reason: string): ImportError {
  return new ImportError("malformed_file", reason, { file: source.path });
}
