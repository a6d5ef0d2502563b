import { type Command, Option } from "commander";
import type { AnyJob } from "../client/jobs.ts";
import { color } from "../show/color.ts";
import { bytesText, say, showJson } from "../show/tables.ts";
import { collectTexts, restOf, type ServerOptions, serverCommand } from "./common.ts";
import { type JobKind, jobKindCommand, watchKind } from "./job-kind.ts";

/** What `jobs/export/describe` answers. */
interface ExportView extends AnyJob {
  readonly collectionName: string;
  readonly createTime: string;
  readonly exportedRows: number;
  readonly reason?: string;
  readonly to: string;
  readonly files: number;
  readonly sizeBytes: number;
}

interface ExportOptions extends ServerOptions {
  readonly to: string;
  readonly format: string;
  readonly filter?: string;
  readonly field?: readonly string[];
  readonly partition?: readonly string[];
  readonly watch?: boolean;
}

const exportKind: JobKind<ExportView> = {
  ...{ kind: "export", plural: "exports", cancelled: "its files go" },
  rowsOf: ({ exportedRows }) => exportedRows,
  show: showExport,
  columns: [
    ["collection", ({ collectionName }) => collectionName],
    ["rows", ({ exportedRows }) => exportedRows],
    ["created", ({ createTime }) => createTime],
    ["to", ({ to }) => to],
  ],
};

export function exportCommand(): Command {
  return serverCommand("export", "write the rows of a collection into files, as of one moment")
    .argument("<collection>")
    .requiredOption("--to <ROOT://FOLDER>", "below which folder of which export root; it gets one of its own")
    .addOption(
      new Option("--format <FORM>", "form of the files")
        .choices(["parquet", "jsonl", "numpy", "backup"])
        .default("parquet"),
    )
    .option("--filter <EXPRESSION>", "rows that it is true for")
    .option("--field <NAME>", "this field; again and again; all unless given", collectTexts)
    .option("--partition <NAME>", "this partition; again and again; all unless given", collectTexts)
    .option("--watch", "follow it until it has ended: the default")
    .option("--no-watch", "print the job's id and end")
    .action(runExport);
}

async function runExport(collection: string, options: ExportOptions): Promise<void> {
  const { to, format, filter, field = [], partition = [], watch = true, json } = options;
  const rest = restOf(options);
  const { jobId } = await rest.post<{ jobId: string }>("jobs/export/create", {
    ...{ collectionName: collection, to, format, outputFields: field, partitionNames: partition },
    ...(filter !== undefined && { filter }),
  });
  if (!watch) return json ? showJson({ jobId }) : say(jobId);
  await watchKind(rest, jobId, options, exportKind);
}

function showExport(job: ExportView): void {
  const paint = job.state === "Completed" ? color.green : job.state === "Failed" ? color.red : color.cyan;
  const files = `${job.files} files, ${bytesText(job.sizeBytes)}`;
  say(`export ${job.jobId} ${paint(job.state)}: ${job.exportedRows} rows, ${files}`);
  if (job.state !== "Failed") say(job.to);
  if (job.reason) say(color.red(job.reason));
}

export function exportsCommand(): Command {
  return jobKindCommand(exportKind);
}
