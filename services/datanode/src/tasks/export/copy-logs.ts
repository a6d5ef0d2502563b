import { createHash } from "node:crypto";
import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { ExportTaskInput } from "@sluice/jobs";
import { backupDeltaFolder, backupSegmentFolder } from "@sluice/jobs/findings";
import { deltaLogKey, insertLogKey } from "@sluice/segment";
import type { TaskContext, VisibleSegment } from "../task-kind.ts";
import type { ExportedFiles } from "./exported-files.ts";
import { LiveRows } from "./live-rows.ts";
import { segmentsOf } from "./segments-of.ts";

/** Logs that are in memory at once: one is written while others come. */
const LOGS_AT_ONCE = 3;

/**
 * The logs of segments, byte by byte, where milvus-backup has them, with the deletes that count at the export's timestamp; not of
 * segments whose rows have all expired, which would live again where the backup is restored. Resolves to the number of rows that
 * are not deleted.
 */
export async function copyLogs(input: ExportTaskInput, files: ExportedFiles, context: TaskContext): Promise<number> {
  const live = new LiveRows(input, context);
  const done = { rows: 0, bytes: 0 };
  for await (const segment of segmentsOf(input, context)) {
    if (live.isNone(segment)) continue;
    await copyFolder(backupSegmentFolder(segment), insertLogsOf(segment), segment.rowCount, files, context);
    const deletes = deltaLogsOf(segment);
    if (deletes.length > 0) await copyFolder(backupDeltaFolder(segment), deletes, 0, files, context);
    done.rows += segment.rowCount - (segment.deletedRows ?? 0);
    done.bytes += segment.memoryBytes;
    context.onProgress(done.rows, done.bytes);
  }
  return done.rows;
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
  /** Below the folder of the backup. */
  readonly name: string;
  readonly key: string;
  readonly sizeBytes: number;
}

function insertLogsOf(segment: VisibleSegment): Log[] {
  return segment.insertLogs.flatMap(({ fieldId, logIds, sizesBytes }) =>
    logIds.map((logId, i) => {
      return { name: `${fieldId}/${logId}`, key: insertLogKey(segment, fieldId, logId), sizeBytes: sizesBytes[i] };
    }),
  );
}

function deltaLogsOf(segment: VisibleSegment): Log[] {
  return (segment.deltaLogs ?? []).flatMap(({ logIds, sizesBytes }) =>
    logIds.map((logId, i) => ({ name: `${logId}`, key: deltaLogKey(segment, logId), sizeBytes: sizesBytes[i] })),
  );
}

async function readLog({ name, key, sizeBytes }: Log, { stored, signal }: TaskContext) {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  const length = await stored.readInto(key, 0, bytes, signal);
  if (length === sizeBytes) return { name, bytes };
  throw new ImportError("internal", `object "${key}" has ${length} bytes, recorded are ${sizeBytes}`);
}
