import type { ExportTaskInput } from "@sluice/jobs";
import { isCopiedForm } from "@sluice/jobs/findings";
import type { TaskContext, TaskResult } from "../task-kind.ts";
import { copyLogs } from "./copy-logs.ts";
import { ExportedFiles } from "./exported-files.ts";
import { writeRows } from "./write-rows.ts";

/**
 * Segments -> files in an export root. The files of a task follow from its input alone, names and bytes, so that a second
 * attempt writes the same ones again. See `RunTask`.
 */
export async function runExport(input: ExportTaskInput, context: TaskContext): Promise<TaskResult> {
  await using files = new ExportedFiles(await context.openExportRoot(input.root), input, context.signal);
  const { form } = input;
  const rowCount = isCopiedForm(form)
    ? await copyLogs({ ...input, form }, files, context)
    : await writeRows(input, files, context);
  const exported = await files.finish();
  return { rowCount, segments: [], autoIds: [], findings: { sets: [], rejected: [], exported } };
}
