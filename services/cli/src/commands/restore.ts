import { Argument, type Command } from "commander";
import type { RestClient } from "../client/rest-client.ts";
import { note, say, showJson, showTable } from "../show/tables.ts";
import {
  collectPairs,
  restOf,
  type ServerOptions,
  serverCommand,
  serverPaths,
  type WatchOptions,
  withWatch,
} from "./common.ts";
import { watch } from "./import.ts";

interface Restored {
  readonly source: string;
  readonly dbName: string;
  readonly collectionName: string;
  readonly jobId?: string;
  readonly rows: number;
  readonly warnings?: readonly string[];
}

interface RestoreOptions extends ServerOptions, WatchOptions {
  readonly collection?: readonly string[];
  readonly option?: readonly (readonly [string, string])[];
}

/** `restore`, which is `backup restore` as well. */
export function restoreCommand(): Command {
  const command = serverCommand(
    "restore",
    "make the collections of a milvus-backup, a snapshot or a Milvus 1.x, and import their rows",
  )
    .addArgument(new Argument("<folder>", "the folder as the server has it"))
    .option("-c, --collection <NAME[=NEW]>", "one of the backup, under another name; again and again", collect)
    .option("--option <KEY=VALUE>", "an option of the imports, such as end_ts; again and again", collectPairs);
  return withWatch(command).action(restore);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function restore(folder: string, options: RestoreOptions): Promise<void> {
  const rest = restOf(options);
  const [path] = serverPaths([folder], options.address);
  const { collections } = await rest.post<{ collections: readonly Restored[] }>("jobs/import/restore", {
    path,
    // Each goes where it came from, unless somebody names another database.
    ...(options.database !== "default" && { dbName: options.database }),
    ...(options.collection && { collections: Object.fromEntries(options.collection.map(renamed)) }),
    options: Object.fromEntries(options.option ?? []),
  });
  if (options.json && !options.watch) return showJson(collections);
  if (!options.json) show(collections);
  else noteWarnings(collections);
  if (options.watch) await watchAll(rest, collections, options);
}

/** `a=b`, or `a`, which keeps its name. */
function renamed(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function show(collections: readonly Restored[]): void {
  showTable(
    ["backup", "collection", "rows", "job"],
    collections.map((one) => [
      one.source,
      `${one.dbName}.${one.collectionName}`,
      String(one.rows),
      one.jobId ?? "none",
    ]),
  );
  noteWarnings(collections);
}

function noteWarnings(collections: readonly Restored[]): void {
  for (const { collectionName, warnings = [] } of collections)
    for (const warning of warnings) note(`${collectionName}: ${warning}`);
}

/** One after the other; the exit code is that of the first that failed. */
async function watchAll(rest: RestClient, collections: readonly Restored[], options: RestoreOptions): Promise<void> {
  let exitCode: typeof process.exitCode = 0;
  for (const { jobId, collectionName } of collections) {
    if (jobId === undefined) continue;
    if (!options.json) say(`${collectionName}:`);
    await watch(rest, jobId, options);
    exitCode ||= process.exitCode ?? 0;
  }
  process.exitCode = exitCode;
}
