import { Command } from "commander";
import type { RestClient } from "../client/rest-client.ts";
import { say, showJson } from "../show/tables.ts";
import { restOf, type ServerOptions, serverCommand, type WatchOptions, withWatch } from "./common.ts";
import { type ExportView, exportKind } from "./export.ts";
import { listKind, watchKind } from "./job-kind.ts";
import { restoreCommand } from "./restore.ts";

interface BackupOptions extends ServerOptions, WatchOptions {
  readonly to: string;
}

/** Backups are exports of the form `backup`, the folder of a milvus-backup; this is what people look for them under. */
export function backupCommand(): Command {
  const all = new Command("backup").description("backups of collections: create, list, restore");
  all.addCommand(
    withWatch(
      serverCommand("create", "write collections, each as of one moment, into folders of a milvus-backup")
        .argument("[collections...]", "all of the database unless some are named")
        .requiredOption("--to <ROOT://FOLDER>", "below which folder of which export root; each gets one of its own"),
    ).action(create),
  );
  all.addCommand(
    serverCommand("list", "the newest first").action((options: ServerOptions) =>
      listKind<ExportView>(options, exportKind, ({ format }) => format === "backup"),
    ),
  );
  return all.addCommand(restoreCommand());
}

/** All are recorded before the first is followed, so that their moments lie close together. */
async function create(named: readonly string[], options: BackupOptions): Promise<void> {
  const rest = restOf(options);
  const collections = named.length > 0 ? named : await rest.post<string[]>("collections/list", {});
  if (collections.length === 0) throw new Error(`the database ${options.database} has no collections`);
  const jobs: { readonly collection: string; readonly jobId: string }[] = [];
  for (const collection of collections) jobs.push({ collection, jobId: await request(rest, collection, options) });
  if (options.watch) return followAll(rest, jobs, options);
  if (options.json) showJson(jobs);
  else for (const { jobId } of jobs) say(jobId);
}

async function request(rest: RestClient, collectionName: string, { to }: BackupOptions): Promise<string> {
  const { jobId } = await rest.post<{ jobId: string }>("jobs/export/create", { collectionName, to, format: "backup" });
  return jobId;
}

/** One after the other; the exit code is that of the first that failed. */
async function followAll(
  rest: RestClient,
  jobs: readonly { readonly collection: string; readonly jobId: string }[],
  options: BackupOptions,
): Promise<void> {
  let exitCode: typeof process.exitCode = 0;
  for (const { collection, jobId } of jobs) {
    if (!options.json) say(`${collection}:`);
    await watchKind(rest, jobId, options, exportKind);
    exitCode ||= process.exitCode ?? 0;
  }
  process.exitCode = exitCode;
}
