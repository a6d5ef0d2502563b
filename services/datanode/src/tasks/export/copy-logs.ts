import { createHash } from "node:crypto";
import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { CopiedForm, ExportTaskInput } from "@sluice/jobs";
import { copiedFolder, type LogKind } from "@sluice/jobs/findings";
import type { FieldLogs, VisibleSegment } from "@sluice/schema";
import { bm25LogKey, deltaLogKey, insertLogKey, statsLogKey } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import type { ExportedFiles } from "./exported-files.ts";
import { LiveRows } from "./live-rows.ts";
import { segmentsOf } from "./segments-of.ts";

/** Logs that are in memory at once: one is written while others come. */
const LOGS_AT_ONCE = 3;

/** What a task of such a form works on. */
type CopyInput = ExportTaskInput & { readonly form: CopiedForm };

/**
 * The logs of segments, byte by byte, where the form has them, with the deletes that count at the export's timestamp; not of
 * segments whose rows have all expired, which would live again where they are restored. Resolves to the number of rows that are
 * not deleted.
 */
export async function copyLogs(input: CopyInput, files: ExportedFiles, context: TaskContext): Promise<number> {
  const live = new LiveRows(input, context);
  const done = { rows: 0, bytes: 0 };
  for await (const segment of segmentsOf(input, context)) {
    if (live.isNone(segment)) continue;
    for (const [kind, logs] of logsOf(segment, input.form)) {
      const rows = kind === "insert_log" ? segment.rowCount : 0;
      if (logs.length > 0) await copyFolder(copiedFolder(input.form, kind, segment), logs, rows, files, context);
    }
    done.rows += segment.rowCount - (segment.deletedRows ?? 0);
    done.bytes += segment.memoryBytes;
    context.onProgress(done.rows, done.bytes);
  }
  return done.rows;
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

async function copyFolder(
  folder: string,
  logs: readonly Log[],
  rows: number,
  files: ExportedFiles,
  context: TaskContext,
): Promise<void> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const read = (log: Log) => readLog(log, context);
  for await (const { name, bytes } of mapConcurrent(logs, LOGS_AT_ONCE, read)) {
    context.signal.throwIfAborted();
    hash.update(bytes);
    sizeBytes += bytes.length;
    await files.write(folder + name, [bytes]);
  }
  files.note({ path: folder, rows, sizeBytes, sha256: hash.digest("hex") });
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

async function readLog({ name, key, sizeBytes }: Log, { stored, signal }: TaskContext) {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  const length = await stored.readInto(key, 0, bytes, signal);
  if (length === sizeBytes) return { name, bytes };
  throw new ImportError("internal", `object "${key}" has ${length} bytes, recorded are ${sizeBytes}`);
}
