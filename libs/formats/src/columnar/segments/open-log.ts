import { mapConcurrent } from "@sluice/async";
import { EventType, isBareParquet, readBinlogLayout } from "@sluice/binlog";
import { excerpt, ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type ByteSource, leavesOf, type ParquetFile, readFooter, type SchemaNode } from "@sluice/parquet";
import type { DataType } from "@sluice/schema";
import { FileSlice, MemoryBytes } from "./log-bytes.ts";
import type { LogDirectory } from "./log-files.ts";

/** A Parquet file in a log, or the whole of a log of storage version 2 and 3. */
export interface LogPart {
  readonly source: SourceFile;
  readonly bytes: ByteSource;
  /** Byte of the log at which it begins. */
  readonly offset: number;
  readonly file: ParquetFile;
}

/** A log, opened as far as its heads and footers; of storage version 3 the files of a column group, one after the other. */
export interface OpenLog {
  /** The first file. */
  readonly source: SourceFile;
  readonly sizeBytes: number;
  readonly parts: readonly LogPart[];
  readonly rowCount: number;
  /** The fields that it has columns of, each with the position of its column. */
  readonly columns: ReadonlyMap<number, number>;
  /** What the descriptor says of the field; absent in storage version 2, which says it by types of Parquet. */
  readonly dataType?: DataType;
}

/** Files of a column group whose footers are asked for at once. */
const CONCURRENCY = 8;
/** Smaller logs are read whole, by one request instead of one for head, footer and pages each. */
const WHOLE_BYTES = 256 << 10;

/**
 * Reads heads and footers. Storage version 1 has an envelope and one column a file; version 2 is Parquet with a column
 * for each field of a group. Source: binlog format, §2 and §12.
 * @param directoryId what the path says that it is: of version 1 the field
 * @throws {ImportError} `malformed_file`, `unsupported`, with the file; what storage says
 */
export async function openLog(source: SourceFile, directoryId: number, signal: AbortSignal): Promise<OpenLog> {
  try {
    const bytes = source.sizeBytes <= WHOLE_BYTES ? await MemoryBytes.of(source, signal) : source;
    const magic = new Uint8Array(Math.min(4, source.sizeBytes));
    await bytes.readInto(0, magic, signal);
    const opened = isBareParquet(magic) ? openGroupLog(bytes, signal) : openFieldLog(bytes, directoryId, signal);
    const { parts, ...content } = await opened;
    return { source, sizeBytes: source.sizeBytes, parts: parts.map((part) => ({ ...part, source })), ...content };
  } catch (error) {
    throw locate(error, { file: source.path });
  }
}

/**
 * The files of a column group as one log.
 * @throws {ImportError} as `openLog`; `malformed_file` for files that are not what the manifest says
 */
export async function openGroup({ logs, group, id }: LogDirectory, signal: AbortSignal): Promise<OpenLog> {
  const files = await Array.fromAsync(mapConcurrent(logs, CONCURRENCY, (log) => openLog(log, id, signal)));
  // Where columns are called like the fields, those count that the files have.
  const columns = group?.columns ?? [...files[0].columns.keys()];
  for (const [i, file] of files.entries()) checkGroupFile(file, files[0], columns, group?.rows[i]);
  return {
    ...files[0],
    parts: files.flatMap(({ parts }) => parts),
    rowCount: sumOf(files.map(({ rowCount }) => rowCount)),
    sizeBytes: sumOf(files.map(({ sizeBytes }) => sizeBytes)),
    // What the manifest does not name does not count.
    columns: new Map([...files[0].columns].filter(([fieldId]) => columns.includes(fieldId))),
  };
}

function checkGroupFile(file: OpenLog, first: OpenLog, columns: readonly number[], rows?: number): void {
  const at = { file: file.source.path };
  const missing = columns.find((fieldId) => !file.columns.has(fieldId));
  if (missing !== undefined)
    throw new ImportError("malformed_file", `the manifest has field ${missing} in this file, which has not`, at);
  if (file.rowCount !== rows)
    throw new ImportError("malformed_file", `the manifest says ${rows} rows, and the file has ${file.rowCount}`, at);
  const moved = columns.find((fieldId) => file.columns.get(fieldId) !== first.columns.get(fieldId));
  if (moved === undefined) return;
  const reason = `field ${moved} stands at another place than in ${first.source.path}, of the same column group`;
  throw new ImportError("malformed_file", reason, at);
}

type LogContent = Pick<OpenLog, "rowCount" | "columns" | "dataType"> & { readonly parts: readonly OpenPart[] };
type OpenPart = Omit<LogPart, "source">;

async function openFieldLog(source: ByteSource, directoryId: number, signal: AbortSignal): Promise<LogContent> {
  const { descriptor, events } = await readBinlogLayout(source, signal);
  if (descriptor.fieldId >= 0n && descriptor.fieldId !== BigInt(directoryId))
    throw malformed(`the descriptor is of field ${descriptor.fieldId}, the directory of field ${directoryId}`, 45);
  if (events.length === 0) throw malformed("the log has no insert event");
  const parts: OpenPart[] = [];
  for (const { type, payloadOffset: offset, payloadBytes } of events) {
    if (type !== EventType.Insert) throw wrongType(type, offset);
    parts.push(await openPart(new FileSlice(source, offset, payloadBytes), offset, signal));
  }
  for (const { file, offset } of parts) checkColumn(file.root.children.at(0), offset);
  return {
    parts,
    rowCount: rowsOf(parts),
    columns: new Map([[directoryId, 0]]),
    dataType: descriptor.dataType,
  };
}

async function openGroupLog(source: ByteSource, signal: AbortSignal): Promise<LogContent> {
  const part = await openPart(source, 0, signal);
  const columns = new Map<number, number>();
  for (const [position, node] of part.file.root.children.entries()) {
    const id = fieldIdOf(node);
    checkColumn(node, 0);
    if (columns.has(id)) throw malformed(`two columns are of field ${id}, one of them '${excerpt(node.name)}'`);
    columns.set(id, position);
  }
  return { parts: [part], rowCount: rowsOf([part]), columns };
}

/**
 * Milvus 2.6 calls columns like their fields and has the ids in the footer; what it writes for manifests is called by the ids.
 */
function fieldIdOf({ name, element }: SchemaNode): number {
  const [named, numbered] = [/^\d{1,15}$/.test(name) ? Number(name) : undefined, element.fieldId ?? -1];
  if (named !== undefined && numbered >= 0 && named !== numbered)
    throw malformed(`column '${name}' has the field_id ${numbered}: expected the same id`);
  const id = named ?? numbered;
  if (id >= 0) return id;
  const what = `column '${excerpt(name)}' has no field_id, nor is it called by one`;
  throw malformed(`${what}: this is no log of a Milvus segment; import Parquet files as such, without backup=true`);
}

async function openPart(bytes: ByteSource, offset: number, signal: AbortSignal): Promise<OpenPart> {
  try {
    return { bytes, offset, file: await readFooter(bytes, signal) };
  } catch (error) {
    throw moved(error, offset);
  }
}

/**
 * An error of a Parquet file, with its place in the log that holds the file.
 * @param field what its column holds, which the file calls otherwise
 */
export function moved(error: unknown, offset: number, field?: string): unknown {
  if (!(error instanceof ImportError) || !error.at) return error;
  const { byteOffset } = error.at;
  const at = {
    ...error.at,
    ...(byteOffset !== undefined && { byteOffset: byteOffset + offset }),
    ...(field && { field }),
  };
  return new ImportError(error.code, error.reason, at, { cause: error.cause ?? error });
}

/** Columns are plain, but those of lists of vectors. */
function checkColumn(node: SchemaNode | undefined, offset: number): void {
  const isRepeated = node?.element.repetition === "REPEATED";
  if (node && !isRepeated && leavesOf(node).length === 1) return;
  throw malformed("a column of a log must hold values, or lists of them, and this one does not, or is missing", offset);
}

function rowsOf(parts: readonly OpenPart[]): number {
  return sumOf(parts.map(({ file }) => file.rowCount));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function wrongType(found: number, byteOffset: number): ImportError {
  const name = found === EventType.Delete ? "DeleteEventType" : `event type ${found}`;
  return malformed(`wrong binlog type, expect:InsertEventType, actual:${name}`, byteOffset);
}

function malformed(reason: string, byteOffset?: number): ImportError {
  return new ImportError("malformed_file", reason, byteOffset === undefined ? undefined : { byteOffset });
}
