import { createHash, type Hash } from "node:crypto";
import { HeldMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { CopiedForm, ExportTaskInput } from "@sluice/jobs";
import { copiedFolder, type LogKind } from "@sluice/jobs/findings";
import { type FieldLogs, type VisibleSegment, withLogsOf } from "@sluice/schema";
import { bm25LogKey, deltaLogKey, insertLogKey, statsLogKey } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import type { ExportedFiles } from "./exported-files.ts";
import { LiveRows } from "./live-rows.ts";
import { type Held, readAhead } from "./read-ahead.ts";
import { segmentsOf } from "./segments-of.ts";

/** What a task of such a form works on. */
type CopyInput = ExportTaskInput & { readonly form: CopiedForm };

/**
 * The logs of segments, byte by byte, where the form has them, with the deletes that count at the export's timestamp; not of
 * segments whose rows have all expired, which would live again where they are restored. Resolves to the number of rows that are
 * not deleted.
 */
export async function copyLogs(input: CopyInput, files: ExportedFiles, context: TaskContext): Promise<number> {
  const done = { rows: 0, bytes: 0 };
  const read = (log: CopiedLog) => readLog(log, context);
  for await (const { log, bytes, memory } of readAhead(
    copiedLogs(input, context),
    ({ sizeBytes }) => sizeBytes,
    read,
  )) {
    const { folder } = log;
    await context.paced(bytes.length);
    folder.hash.update(bytes);
    await files.write(folder.path + log.name, [bytes], memory);
    folder.sizeBytes += bytes.length;
    if (--folder.logsLeft > 0) continue;
    const { path, rows, sizeBytes } = folder;
    files.note({ path, rows, sizeBytes, sha256: folder.hash.digest("hex") });
    done.rows += folder.liveRows;
    done.bytes += folder.memoryBytes;
    context.onProgress(done.rows, done.bytes);
  }
  return done.rows;
}

/** A segment's logs of a kind, on their way. */
interface Folder {
  readonly path: string;
  /** Those of the segment, deleted ones too; 0 where its rows do not lie. */
  readonly rows: number;
  readonly liveRows: number;
  readonly memoryBytes: number;
  /** Of its logs, one after the other. */
  readonly hash: Hash;
  sizeBytes: number;
  logsLeft: number;
}

interface CopiedLog extends Log {
  readonly folder: Folder;
}

async function* copiedLogs(input: CopyInput, context: TaskContext): AsyncGenerator<CopiedLog> {
  const live = new LiveRows(input, context);
  for await (const found of segmentsOf(input, context)) {
    const segment = withLogsOf(found, input.schema);
    if (live.isNone(segment)) continue;
    for (const [kind, logs] of logsOf(segment, input.form)) {
      const folder = folderOf(copiedFolder(input.form, kind, segment), kind, segment, logs.length);
      for (const log of logs) yield { ...log, folder };
    }
  }
}

function folderOf(path: string, kind: LogKind, segment: VisibleSegment, logsLeft: number): Folder {
  const { rowCount, deletedRows = 0, memoryBytes } = segment;
  const counts =
    kind === "insert_log"
      ? { rows: rowCount, liveRows: rowCount - deletedRows, memoryBytes }
      : { rows: 0, liveRows: 0, memoryBytes: 0 };
  return { path, ...counts, hash: createHash("sha256"), sizeBytes: 0, logsLeft };
}

/** By their kind. Who imports a backup makes statistics anew; who restores a snapshot takes them as they are. */
function logsOf(segment: VisibleSegment, form: CopiedForm): (readonly [LogKind, readonly Log[]])[] {
  const { insertLogs, statsLogs, deltaLogs = [], bm25Logs = [] } = segment;
  const copied = [
    ["insert_log", logsBelow(segment, insertLogs, insertLogKey)],
    ["delta_log", deltaLogsOf(segment, deltaLogs)],
  ] as const;
  if (form === "backup") return [...copied];
  return [
    ...copied,
    ["stats_log", logsBelow(segment, statsLogs, statsLogKey)],
    ["bm25_stats", logsBelow(segment, bm25Logs, bm25LogKey)],
  ];
}

interface Log {
  /** Below the folder of its kind. */
  readonly name: string;
  readonly key: string;
  readonly sizeBytes: number;
}

/** Logs in a folder for each field. */
function logsBelow(segment: VisibleSegment, fields: readonly FieldLogs[], keyOf: typeof insertLogKey): Log[] {
  return fields.flatMap(({ fieldId, logIds, sizesBytes }) =>
    logIds.map((logId, i) => {
      return { name: `${fieldId}/${logId}`, key: keyOf(segment, fieldId, logId), sizeBytes: sizesBytes[i] };
    }),
  );
}

function deltaLogsOf(segment: VisibleSegment, lists: readonly FieldLogs[]): Log[] {
  return lists.flatMap(({ logIds, sizesBytes }) =>
    logIds.map((logId, i) => ({ name: `${logId}`, key: deltaLogKey(segment, logId), sizeBytes: sizesBytes[i] })),
  );
}

async function readLog(log: CopiedLog, { stored, signal }: TaskContext): Promise<ReadLog> {
  const { key, sizeBytes } = log;
  using held = new DisposableStack();
  const bytes = held.use(new HeldMemory()).take(sizeBytes);
  const length = await stored.readInto(key, 0, bytes, signal);
  if (length === sizeBytes) return { log, bytes, memory: held.move() };
  throw new ImportError("internal", `object "${key}" has ${length} bytes, recorded are ${sizeBytes}`);
}

interface ReadLog extends Held {
  readonly log: CopiedLog;
  readonly bytes: Uint8Array;
}
