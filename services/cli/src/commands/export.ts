import { Command, Option } from "commander";
import type { AnyJob } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";
import { color } from "../show/color.ts";
import { bytesText, say, showJson, showTable } from "../show/tables.ts";
import { collectTexts, restOf, type ServerOptions, serverCommand } from "./common.ts";
import { follow } from "./follow.ts";

/** What `jobs/export/describe` answers. */
interface ExportView extends AnyJob {
  readonly collectionName: string;
  readonly createTime: string;
  readonly exportedRows: number;
  readonly reason?: string;
  readonly to: string;
  readonly format: string;
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
  await watchExport(rest, jobId, options);
}

async function watchExport(rest: RestClient, jobId: string, { json }: ServerOptions): Promise<void> {
  const rowsOf = ({ exportedRows }: ExportView) => exportedRows;
  const job = await follow<ExportView>(rest, { kind: "export", jobId, rowsOf, again: `sluice exports watch ${jobId}` });
  if (json) showJson(job);
  else showExport(job);
}

function showExport(job: ExportView): void {
  const paint = job.state === "Completed" ? color.green : job.state === "Failed" ? color.red : color.cyan;
  const files = `${job.files} files, ${bytesText(job.sizeBytes)}`;
  say(`export ${job.jobId} ${paint(job.state)}: ${job.exportedRows} rows, ${files}`);
  if (job.state !== "Failed") say(job.to);
  if (job.reason) say(color.red(job.reason));
}

const orders = { cancel: "end an export; its files go", pause: "let an export rest", resume: "let it go on" } as const;

export function exportsCommand(): Command {
  const exports = new Command("exports").description("exports: list, show, watch, stop");
  exports.addCommand(serverCommand("list", "exports, the newest first").action(list));
  exports.addCommand(
    about("show", "an export as it is").action(async (jobId: string, options: ServerOptions) => {
      const job = await restOf(options).post<ExportView>("jobs/export/describe", { jobId });
      if (options.json) showJson(job);
      else showExport(job);
    }),
  );
  exports.addCommand(
    about("watch", "follow an export until it has ended").action((jobId: string, options: ServerOptions) =>
      watchExport(restOf(options), jobId, options),
    ),
  );
  for (const [order, description] of Object.entries(orders))
    exports.addCommand(
      about(order, description).action(async (jobId: string, options: ServerOptions) => {
        await restOf(options).post(`jobs/export/${order}`, { jobId });
        if (options.json) showJson({ jobId, order });
        else say(`export ${jobId}: ${order} done`);
      }),
    );
  return exports;
}

function about(name: string, description: string): Command {
  return serverCommand(name, description).argument("<jobId>");
}

async function list(options: ServerOptions): Promise<void> {
  const { records } = await restOf(options).post<{ records: readonly ExportView[] }>("jobs/export/list", {});
  if (options.json) return showJson(records);
  showTable(
    ["export", "collection", "state", "%", "rows", "created", "to"],
    records.map((job) => [
      ...[job.jobId, job.collectionName, job.state, job.progress, job.exportedRows, job.createTime, job.to],
    ]),
  );
}
