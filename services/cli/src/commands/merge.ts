import { type Command, InvalidArgumentError, Option } from "commander";
import type { AnyJob } from "../client/jobs.ts";
import type { RestClient } from "../client/rest-client.ts";
import { color } from "../show/color.ts";
import { note, say, showJson } from "../show/tables.ts";
import {
  collectPairs,
  restOf,
  type ServerOptions,
  serverCommand,
  serverPaths,
  type WatchOptions,
  withWatch,
} from "./common.ts";
import { follow } from "./follow.ts";

/** What `GET /v2/jobs/{id}` answers of a merge. */
interface MergeJob {
  readonly jobId: string;
  readonly status: string;
  /** A number as text. */
  readonly progress: string;
  readonly reason: string;
  readonly warnings?: readonly string[];
  readonly details: {
    readonly destCollectionName: string;
    readonly dryRun: boolean;
    readonly alias?: string;
    readonly ignoredColumns: readonly string[];
    readonly sourceRows?: number;
    readonly fileRows?: number;
    readonly matchedSourceRows?: number;
    readonly unmatchedFileRows?: number;
    readonly duplicateFileKeys?: number;
    readonly nullFileKeys?: number;
  };
}

interface MergeOptions extends ServerOptions, WatchOptions {
  readonly by?: string;
  readonly field: readonly NewField[];
  readonly onDuplicate?: string;
  readonly onUnmatched?: string;
  readonly minMatch?: number;
  readonly alias?: string;
  readonly dryRun?: boolean;
  readonly option?: readonly (readonly [string, string])[];
}

interface NewField {
  readonly fieldName: string;
  readonly dataType: string;
  readonly params: { readonly maxLength?: number; readonly dim?: number; readonly defaultValue?: unknown };
}

/** `sluice merge`. */
export function mergeCommand(): Command {
  const command = serverCommand("merge", "a collection with new fields out of files, as a collection of its own")
    .argument("<collection>", "whose rows are taken")
    .argument("<new>", "the collection that is made")
    .argument("[files...]", "paths as the server has them: files, folders/, patterns; none: the new fields are empty")
    .option("--by <FIELD>", "field of both sides by which rows are matched")
    .requiredOption(
      "--field <NAME:TYPE>",
      "a new field: price:DOUBLE, tag:VARCHAR:20, v:FLOAT_VECTOR:128; =VALUE for its default; again and again",
      collectFields,
    )
    .addOption(
      new Option("--on-duplicate <RULE>", "of rows of the files with one key").choices(["error", "first", "last"]),
    )
    .addOption(
      new Option("--on-unmatched <RULE>", "rows of the files that match nothing").choices([
        "ignore",
        "report",
        "error",
      ]),
    )
    .option(
      "--min-match <SHARE>",
      "of the collection's rows, from 0 to 1, that must find a row of the files",
      parseShare,
    )
    .option("--alias <NAME>", "points to the new collection as soon as that is whole, whatever it pointed to before")
    .option("--dry-run", "count what would match, write nothing")
    .option("--option <KEY=VALUE>", "an option of an import of the files; again and again", collectPairs);
  return withWatch(command).action(runMerge);
}

/** `NAME:TYPE`, `NAME:TYPE:SIZE`, and a default behind `=`. */
function collectFields(text: string, before: readonly NewField[] = []): readonly NewField[] {
  const [, fieldName, dataType, size, value] = /^([^:=]+):([A-Za-z0-9_]+)(?::(\d{1,9}))?(?:=(.*))?$/s.exec(text) ?? [];
  if (fieldName === undefined) throw new InvalidArgumentError(`"${text}" is not NAME:TYPE or NAME:TYPE:SIZE`);
  const params = {
    ...(size !== undefined && (/vector/i.test(dataType) ? { dim: Number(size) } : { maxLength: Number(size) })),
    ...(value !== undefined && { defaultValue: /^(varchar|json)$/i.test(dataType) ? value : jsonOf(value) }),
  };
  return [...before, { fieldName, dataType, params }];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(`"${text}" is no number, true or false`);
  }
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError(`"${text}" is no number from 0 to 1`);
}

async function runMerge(source: string, made: string, files: readonly string[], options: MergeOptions): Promise<void> {
  const rest = restOf(options);
  const { jobId } = await rest.post<{ jobId: string }>("/v2/etl/merge", {
    ...{ collectionName: source, destCollectionName: made, newFields: options.field },
    ...(files.length > 0 && { files: serverPaths(files, options.address).map((path) => [path]) }),
    ...(options.by !== undefined && { mergeField: options.by }),
    options: {
      onDuplicateKey: options.onDuplicate,
      onUnmatchedFileRow: options.onUnmatched,
      minMatchRatio: options.minMatch,
      swapAlias: options.alias,
      dryRun: options.dryRun,
      files: Object.fromEntries(options.option ?? []),
    },
  });
  if (!options.watch) return options.json ? showJson({ jobId }) : say(jobId);
  await watchMerge(rest, jobId, options);
}

/** As all jobs are followed. */
interface Followed extends AnyJob {
  readonly merge: MergeJob;
}

const states: Readonly<Record<string, string>> = { SUCCESSFUL: "Completed", FAILED: "Failed", CANCELED: "Failed" };

async function watchMerge(rest: RestClient, jobId: string, { json }: ServerOptions): Promise<void> {
  const look = async (): Promise<Followed> => {
    const merge = await rest.get<MergeJob>(`/v2/jobs/${jobId}`);
    return { jobId, state: states[merge.status] ?? "Merging", progress: Number(merge.progress), merge };
  };
  const rowsOf = ({ merge }: Followed) => merge.details.sourceRows ?? 0;
  const { merge } = await follow<Followed>({ look, jobId, rowsOf, again: `curl …/v2/jobs/${jobId}` });
  if (json) showJson(merge);
  else showMerge(merge);
}

function showMerge({ jobId, status, reason, warnings = [], details }: MergeJob): void {
  const { sourceRows = 0, matchedSourceRows = 0, fileRows = 0, unmatchedFileRows = 0, dryRun } = details;
  const paint = status === "SUCCESSFUL" ? color.green : color.red;
  const named = details.alias === undefined ? "" : `, to which ${details.alias} points`;
  const made = dryRun ? "nothing was written" : `in ${details.destCollectionName}${named}`;
  const left = [
    `${unmatchedFileRows} of ${fileRows} rows of the files match nothing`,
    ...(details.duplicateFileKeys ? [`${details.duplicateFileKeys} left out for their key`] : []),
    ...(details.nullFileKeys ? [`${details.nullFileKeys} without a key`] : []),
  ];
  say(
    `merge ${jobId} ${paint(status)}: ${matchedSourceRows} of ${sourceRows} rows matched, ${made}; ${left.join(", ")}`,
  );
  if (reason) say(color.red(reason));
  if (details.ignoredColumns.length > 0) note(`columns that nobody asked for: ${details.ignoredColumns.join(", ")}`);
  for (const warning of warnings) note(color.yellow(`warning: ${warning}`));
}
