import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { type JobView, jobOf, percentOf, stateTextOf } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";
import { exitCodeOf, showFiles, showJob } from "../show/job.ts";
import { note, say, showJson, showTable } from "../show/tables.ts";
import { parseCount, restOf, type ServerOptions, serverCommand, type WatchOptions, withWatch } from "./common.ts";
import { watch } from "./import.ts";

const orders = {
  commit: "make the rows of a job with --no-commit visible",
  abort: "end a job with --no-commit before its commit",
  cancel: "end any job before it commits; its data goes",
  pause: "let a job rest",
  resume: "let it go on",
  rollback: "take the rows of a completed job back",
} as const;

/** `sluice jobs`, with a command for each of what it does. */
export function jobsCommand(): Command {
  const jobs = new Command("jobs").description("import jobs: list, show, watch, stop, take back");
  jobs.addCommand(listCommand());
  jobs.addCommand(about("show", "a job, its files and what it says of them").action(show));
  jobs.addCommand(
    about("watch", "follow a job until it has ended").action(async (jobId, options) => {
      const rest = restOf(options);
      await importJobOf(rest, jobId);
      await watch(rest, jobId, options);
    }),
  );
  for (const [order, description] of Object.entries(orders))
    jobs.addCommand(about(order, description).action((jobId, options) => command(order, jobId, options)));
  jobs.addCommand(retryCommand());
  jobs.addCommand(errorsCommand());
  jobs.addCommand(rejectsCommand());
  return jobs;
}

function about(name: string, description: string): Command {
  return serverCommand(name, description).argument("<jobId>");
}

interface ListOptions extends ServerOptions {
  readonly collection?: string;
  readonly state?: string;
  readonly limit: number;
}

function listCommand(): Command {
  return serverCommand("list", "jobs, the newest first")
    .option("-c, --collection <NAME>", "of one collection")
    .addOption(
      new Option("--state <STATE>", "in one state").choices([
        ...["Pending", "Importing", "Uncommitted", "Committing", "Completed", "Failed", "RolledBack"],
      ]),
    )
    .option("--limit <N>", "at most so many", parseCount, 50)
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const { collection, state, limit } = options;
  const { records } = await restOf(options).post<{ records: readonly JobView[] }>("jobs/import/list", {
    ...{ order: "newest", ...(collection && { collectionName: collection }), ...(state && { state }) },
  });
  const shown = records.slice(0, limit);
  if (options.json) return showJson(shown);
  showTable(
    ["job", "collection", "state", "%", "rows", "created", "reason"],
    shown.map((job) => [
      job.jobId,
      job.collectionName,
      stateTextOf(job),
      percentOf(job),
      job.checkedRows === undefined ? job.importedRows : `${job.checkedRows} checked`,
      job.createTime,
      job.reason,
    ]),
  );
  if (shown.length < records.length) note(`${records.length - shown.length} older ones: --limit`);
}

async function show(jobId: string, options: ServerOptions): Promise<void> {
  const job = await importJobOf(restOf(options), jobId);
  process.exitCode = exitCodeOf(job);
  if (options.json) return showJson(job);
  showJob(job);
  showFiles(job);
  for (const { fileName, attempts = [] } of job.details)
    for (const { attempt, datanode, cause } of attempts)
      note(`${fileName}: attempt ${attempt} on ${datanode}: ${cause}`);
}

const shownBy: Readonly<Record<string, string>> = { export: "exports", copy: "copies" };

/** @throws {Error} for a job of a kind that has a command of its own: its rows are not imported */
async function importJobOf(rest: RestClient, jobId: string): Promise<JobView> {
  const job = await jobOf<JobView>(rest, "import", jobId);
  const plural = job.kind && shownBy[job.kind];
  if (plural) throw new Error(`job ${jobId} is of kind ${job.kind}: sluice ${plural} show ${jobId}`);
  return job;
}

async function command(order: string, jobId: string, options: ServerOptions): Promise<void> {
  await restOf(options).post(`jobs/import/${order}`, { jobId });
  if (options.json) showJson({ jobId, order });
  else say(`job ${jobId}: ${order} done`);
}

function retryCommand(): Command {
  const command = withWatch(about("retry", "import the files of a failed job again, as they are now"));
  return command.action(async (failed: string, options: ServerOptions & WatchOptions) => {
    const rest = restOf(options);
    const { jobId } = await rest.post<{ jobId: string }>("jobs/import/retry", { jobId: failed });
    if (options.watch) await watch(rest, jobId, options);
    else if (options.json) showJson({ jobId });
    else say(jobId);
  });
}

interface ErrorRow {
  readonly file: string;
  readonly row: number;
  readonly field?: string;
  readonly reason: string;
}

function errorsCommand(): Command {
  return about("errors", "rows that were left out, and why")
    .option("--limit <N>", "at most so many", parseCount, 100)
    .action(async (jobId: string, options: ServerOptions & { limit: number }) => {
      const body = { jobId, pageSize: Math.min(1000, Math.max(1, options.limit)) };
      const { records, count } = await restOf(options).post<{ records: readonly ErrorRow[]; count: number }>(
        "jobs/import/errors",
        body,
      );
      if (options.json) return showJson(records);
      if (count === 0) return note(`no row was left out: "sluice jobs show ${jobId}" says what became of the job`);
      showTable(
        ["file", "row", "field", "reason"],
        records.map(({ file, row, field, reason }) => [file, row, field, reason]),
      );
      if (records.length < count) note(`${count} in all: --limit`);
    });
}

function rejectsCommand(): Command {
  return about("rejects", "rows that were left out, as a file of the format that they came in")
    .option("--file <N>", "of which file of the job, from 0", parseCount, 0)
    .option("--part <N>", "of many rows, which part of some megabytes", parseCount, 0)
    .option("-o, --output <PATH>", "where to; standard output unless given")
    .action(async (jobId: string, options: ServerOptions & { file: number; part: number; output?: string }) => {
      const { file, part, output } = options;
      const bytes = await restOf(options).download("jobs/import/rejects", { jobId, file, part });
      if (output === undefined) process.stdout.write(bytes);
      else await writeFile(output, bytes);
    });
}
