import { type Command, Option } from "commander";
import { type AnyJob, stateTextOf } from "../client/jobs.ts";
import { color } from "../show/color.ts";
import { bytesText, say } from "../show/tables.ts";
import { collectTexts, type ServerOptions, serverCommand, type WatchOptions, withWatch } from "./common.ts";
import { type JobKind, jobKindCommand, startKind, statePaint } from "./job-kind.ts";

/** What `jobs/export/describe` answers. */
export interface ExportView extends AnyJob {
  readonly collectionName: string;
  readonly createTime: string;
  readonly exportedRows: number;
  readonly reason?: string;
  readonly to: string;
  readonly format: string;
  readonly files: number;
  readonly sizeBytes: number;
  /** Metadata of a snapshot that is whole. */
  readonly snapshot?: string;
}

interface ExportOptions extends ServerOptions, WatchOptions {
  readonly to: string;
  readonly format: string;
  readonly filter?: string;
  readonly field?: readonly string[];
  readonly partition?: readonly string[];
}

/** What the commands about jobs of all kinds say of exports. */
export const exportKind: JobKind<ExportView> = {
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

/** `sluice export`. */
export function exportCommand(): Command {
  return withWatch(
    serverCommand("export", "write the rows of a collection into files, as of one moment")
      .argument("<collection>")
      .requiredOption("--to <ROOT://FOLDER>", "below which folder of which export root; it gets one of its own")
      .addOption(
        new Option("--format <FORM>", "form of the files")
          .choices(["parquet", "jsonl", "numpy", "backup", "snapshot"])
          .default("parquet"),
      )
      .option("--filter <EXPRESSION>", "rows that it is true for")
      .option("--field <NAME>", "this field; again and again; all unless given", collectTexts)
      .option("--partition <NAME>", "this partition; again and again; all unless given", collectTexts),
  ).action(runExport);
}

async function runExport(collection: string, options: ExportOptions): Promise<void> {
  const { to, format, filter, field = [], partition = [] } = options;
  const body = {
    ...{ collectionName: collection, to, format, outputFields: field, partitionNames: partition },
    ...(filter !== undefined && { filter }),
  };
  await startKind(options, body, exportKind);
}

function showExport(job: ExportView): void {
  const paint = statePaint(job);
  const files = `${job.files} files, ${bytesText(job.sizeBytes)}`;
  say(`export ${job.jobId} ${paint(stateTextOf(job))}: ${job.exportedRows} rows, ${files}`);
  if (job.state !== "Failed") say(job.snapshot ?? job.to);
  if (job.reason) say(color.red(job.reason));
}

/** `sluice exports`. */
export function exportsCommand(): Command {
  return jobKindCommand(exportKind);
}
