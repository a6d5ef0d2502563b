import { createHash } from "node:crypto";
import { mapConcurrent } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { ExportTaskInput } from "@sluice/jobs";
import { backupSegmentFolder } from "@sluice/jobs/findings";
import type { FieldLogs } from "@sluice/schema";
import { insertLogKey } from "@sluice/segment";
import type { TaskContext, VisibleSegment } from "../task-kind.ts";
import type { ExportedFiles } from "./exported-files.ts";
import { LiveRows } from "./live-rows.ts";
import { segmentsOf } from "./segments-of.ts";

/** Logs that are in memory at once: one is written while others come. */
const LOGS_AT_ONCE = 3;

/**
 * The insert logs of segments, byte by byte, where milvus-backup has them; not of those whose rows have all expired, which would
 * live again where the backup is restored. Resolves to the number of rows.
 */
export async function copyLogs(input: ExportTaskInput, files: ExportedFiles, context: TaskContext): Promise<number> {
  const live = new LiveRows(input, context);
  const done = { rows: 0, bytes: 0 };
  for await (const segment of segmentsOf(input, context)) {
    if (live.isNone(segment)) continue;
    // Byte by byte they would live again where the backup is restored.
    if (segment.deletedRows)
      throw new ImportError(
        "unsupported",
        `segment ${segment.segmentId} has ${segment.deletedRows} deleted rows: compact the collection first (collections/compact), then back it up`,
      );
    await copySegment(segment, files, context);
    done.rows += segment.rowCount;
    done.bytes += segment.memoryBytes;
    context.onProgress(done.rows, done.bytes);
  }
  return done.rows;
}

async function copySegment(segment: VisibleSegment, files: ExportedFiles, context: TaskContext): Promise<void> {
  const folder = backupSegmentFolder(segment);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const read = (log: Log) => readLog(segment, log, context);
  for await (const { name, bytes } of mapConcurrent(segment.insertLogs.flatMap(logsOf), LOGS_AT_ONCE, read)) {
    context.signal.throwIfAborted();
    hash.update(bytes);
    sizeBytes += bytes.length;
    await files.write(folder + name, [bytes]);
  }
  files.note({ path: folder, rows: segment.rowCount, sizeBytes, sha256: hash.digest("hex") });
}

interface Log {
  readonly fieldId: number;
  readonly logId: bigint;
  readonly sizeBytes: number;
}

function logsOf({ fieldId, logIds, sizesBytes }: FieldLogs): Log[] {
  return logIds.map((logId, i) => ({ fieldId, logId, sizeBytes: sizesBytes[i] }));
}

async function readLog(segment: VisibleSegment, { fieldId, logId, sizeBytes }: Log, { stored, signal }: TaskContext) {
  const key = insertLogKey(segment, fieldId, logId);
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  const length = await stored.readInto(key, 0, bytes, signal);
  if (length === sizeBytes) return { name: `${fieldId}/${logId}`, bytes };
  throw new ImportError("internal", `object "${key}" has ${length} bytes, recorded are ${sizeBytes}`);
}
