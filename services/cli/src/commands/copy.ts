import { type Command, InvalidArgumentError, Option } from "commander";
import { type AnyJob, stateTextOf } from "../client/jobs.ts";
import { color } from "../show/color.ts";
import { bytesText, note, say, showJson } from "../show/tables.ts";
import {
  collectTexts,
  parseCount,
  restOf,
  type ServerOptions,
  serverCommand,
  type WatchOptions,
  withWatch,
} from "./common.ts";
import { type JobKind, jobKindCommand, startKind, statePaint } from "./job-kind.ts";

/** What `jobs/copy/describe` answers. */
interface CopyView extends AnyJob {
  readonly collectionName: string;
  readonly targetCollectionName: string;
  readonly createTime: string;
  readonly copiedRows: number;
  readonly reason?: string;
  readonly waitsFor?: string;
  /** What the target is called in another service until it is whole. */
  readonly interimName?: string;
  /** Why it stays there, of a job that failed. */
  readonly interimLeft?: string;
  readonly strategy: string;
  readonly strategyReason: string;
  readonly warnings?: readonly string[];
  readonly partitions: readonly { readonly name: string; readonly sourceRows: number; readonly rows: number }[];
}

interface CopyOptions extends ServerOptions, WatchOptions {
  readonly toDatabase?: string;
  readonly from?: string;
  readonly fromToken?: string;
  readonly fromDatabase?: string;
  readonly to?: string;
  readonly toToken?: string;
  readonly toFiles?: string;
  readonly toFilesAs?: string;
  readonly filter?: string;
  readonly partition?: readonly string[];
  readonly indexes: boolean;
  readonly load: boolean;
  readonly ifExists?: string;
  readonly alias?: string;
  readonly dryRun?: boolean;
  readonly checkRows?: number;
  readonly maxRate?: number;
}

/** What `jobs/copy/create` answers for a dry run. */
interface CopyEstimate {
  readonly dryRun: true;
  readonly target: "new" | "appended" | "replaced";
  readonly strategy: string;
  readonly strategyReason: string;
  readonly rows: number;
  readonly bytes: number;
  readonly partitions: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[];
  readonly warnings?: readonly string[];
}

const copyKind: JobKind<CopyView> = {
  ...{ kind: "copy", plural: "copies", cancelled: "nothing of it is left here" },
  rowsOf: ({ copiedRows }) => copiedRows,
  show: showCopy,
  columns: [
    ["from", ({ collectionName }) => collectionName],
    ["to", ({ targetCollectionName }) => targetCollectionName],
    ["rows", ({ copiedRows }) => copiedRows],
    ["created", ({ createTime }) => createTime],
  ],
};

/** `sluice copy`: within the server, from another service, or to one. */
export function copyCommand(): Command {
  return withWatch(
    serverCommand("copy", "make a collection with the rows of another one, as of one moment")
      .argument("<source>")
      .argument("<target>", "there must be none of this name, unless --if-exists says what becomes of it")
      .addOption(
        new Option(
          "--if-exists <RULE>",
          "where there is one: append rows with new keys, or replace it when the copy is whole",
        ).choices(["fail", "append", "replace"]),
      )
      .option("--alias <NAME>", "points to the target as soon as that is whole, whatever it pointed to before")
      .option(
        "--check-rows <N>",
        "with --from or --to: compare so many rows of each part of the copy with those there",
        parseCount,
      )
      .option("--max-rate <MB/s>", "move so many megabytes of rows a second at most, one part at a time", parseRate)
      .option("--dry-run", "say how many rows and bytes would be copied, and how")
      .option("--from <HOST:PORT>", "another Milvus-compatible service that has the source; https://HOST:PORT with TLS")
      .addOption(new Option("--from-token <TOKEN>", "USER:PASSWORD there, or an API key").env("SLUICE_FROM_TOKEN"))
      .option("--from-database <NAME>", "the source's there; default unless given")
      .option("--to <HOST:PORT>", "another Milvus-compatible service that gets the target; as --from")
      .addOption(new Option("--to-token <TOKEN>", "as --from-token").env("SLUICE_TO_TOKEN"))
      .option(
        "--to-files <ROOT://FOLDER>",
        "hand segments over as files in an export root that the other service reads",
      )
      .option("--to-files-as <PATH>", "what that folder is called there; FOLDER unless given")
      .option("--filter <EXPRESSION>", "rows that it is true for; with --from or --to")
      .option("--to-database <NAME>", "the target's; the source's unless given, with --to default")
      .option("--partition <NAME>", "rows of this partition; again and again; all unless given", collectTexts)
      .option("--no-indexes", "leave the indexes out")
      .option("--no-load", "leave the target unloaded, whatever the source is"),
  ).action(runCopy);
}

async function runCopy(source: string, target: string, options: CopyOptions): Promise<void> {
  const { toDatabase, filter, partition = [], indexes, load, ifExists, alias, dryRun, checkRows, maxRate } = options;
  const body = {
    ...{ collectionName: source, targetCollectionName: target, partitionNames: partition, indexes, load },
    ...(toDatabase !== undefined && { targetDbName: toDatabase }),
    ...(filter !== undefined && { filter }),
    ...{ ifExists, alias, dryRun, checkRows, maxMBPerSecond: maxRate },
    ...peerOf(options),
  };
  if (!dryRun) return startKind(options, body, copyKind);
  const estimate = await restOf(options).post<CopyEstimate>("jobs/copy/create", body);
  if (options.json) showJson(estimate);
  else showEstimate(target, estimate);
}

/** @throws {InvalidArgumentError} */
function parseRate(text: string): number {
  const rate = Number(text);
  if (rate > 0) return rate;
  throw new InvalidArgumentError("expected a number of megabytes a second, such as 50");
}

/** What becomes of the target, said behind its name. */
const fates = { new: "", appended: ", beside the rows that it has", replaced: ", in place of the rows that it has" };

function showEstimate(name: string, estimate: CopyEstimate): void {
  const { target, strategy, strategyReason, rows, bytes, partitions, warnings = [] } = estimate;
  say(`${rows} rows, ${bytesText(bytes)} in memory, would be copied into ${name}${fates[target]}`);
  for (const one of partitions) note(`${one.name}: ${one.rows} rows, ${bytesText(one.bytes)}`);
  note(`by ${strategy}: ${strategyReason}`);
  for (const warning of warnings) note(color.yellow(`warning: ${warning}`));
}

/** The other service as the request has it. */
function peerOf({
  from,
  fromToken,
  fromDatabase: dbName,
  to,
  toToken,
  toFiles: files,
  toFilesAs: filesAs,
}: CopyOptions) {
  if (files !== undefined && to === undefined) throw new Error("--to-files says nothing without --to");
  if (filesAs !== undefined && files === undefined) throw new Error("--to-files-as says nothing without --to-files");
  if (from === undefined && dbName !== undefined) throw new Error("--from-database says nothing without --from");
  return {
    ...(from !== undefined && { from: { address: from, token: fromToken, dbName } }),
    ...(to !== undefined && { to: { address: to, token: toToken, files, filesAs } }),
  };
}

function showCopy(job: CopyView): void {
  const paint = statePaint(job);
  say(`copy ${job.jobId} ${paint(stateTextOf(job))}: ${job.copiedRows} rows into ${job.targetCollectionName}`);
  for (const { name, sourceRows, rows } of job.partitions) note(`${name}: ${rows} of ${sourceRows} rows`);
  note(`by ${job.strategy}: ${job.strategyReason}`);
  for (const warning of job.warnings ?? []) note(color.yellow(`warning: ${warning}`));
  if (job.reason) say(color.red(job.reason));
  if (job.state === "Failed" && job.interimName) note(leftThere(job, job.interimName));
}

/** Of a copy to another service that did not get its name. */
function leftThere({ interimLeft, waitsFor }: CopyView, name: string): string {
  if (interimLeft) return `what was sent stays there as ${name}: drop it (${interimLeft})`;
  return `what was sent is being dropped there, as ${name}${waitsFor ? `; this is tried again: ${waitsFor}` : ""}`;
}

/** `sluice copies`. */
export function copiesCommand(): Command {
  return jobKindCommand(copyKind);
}
