import type { Command } from "commander";
import { Argument } from "commander";
import { type JobView, jobOf } from "../client/jobs.ts";
import { RefusedError, type RestClient } from "../client/rest-client.ts";
import { showJob } from "../show/job.ts";
import { note, say, showJson } from "../show/tables.ts";
import {
  collectionsOf,
  collectPairs,
  type ReadingOptions,
  readingOptions,
  restOf,
  type ServerOptions,
  serverCommand,
  serverPaths,
  throwOfBucket,
  type WatchOptions,
  withWatch,
} from "./common.ts";
import { follow } from "./follow.ts";
import { type Asked, createWhereMissing, dropEmpty } from "./import-collection.ts";
import { type ImportSpec, readSpec } from "./import-spec.ts";
import { importedBefore } from "./imported-before.ts";

/** Milvus's code. */
const COLLECTION_NOT_FOUND = 100;

interface ImportOptions extends ServerOptions, ReadingOptions, WatchOptions {
  readonly collection?: string;
  readonly spec?: string;
  readonly partition?: string;
  readonly create?: boolean;
  readonly columns?: boolean;
  readonly dryRun?: boolean;
  readonly onError?: string;
  readonly rejectPath?: string;
  readonly onDuplicate?: string;
  readonly commit: boolean;
}

/** `sluice import`. */
export function importCommand(): Command {
  const command = serverCommand("import", "import files into a collection, and watch until every row is visible")
    .addArgument(new Argument("[files...]", "paths as the server has them: files, folders/, patterns"))
    .option("-c, --collection <NAME>", "where the rows go; needed unless the document of --spec says it")
    .option("--spec <FILE>", "a document of options, which may name collection and files: docs/options.md")
    .option("--partition <NAME>", "one partition of it")
    .option(
      "--create",
      "make the collection, as inspect proposes it, where there is none; dropped when nothing is imported",
    )
    .option("--columns", "the files are columns of one table")
    .option("--map <SOURCE=FIELD>", "values of FIELD stand under SOURCE; again and again", collectPairs)
    .option("--preset <NAME>", "the layout of another store's export")
    .option("--on-error <RULE>", "abort, skip, skip:ROWS or skip:SHARE%")
    .option("--reject-path <FOLDER>", "volume://NAME/FOLDER/ that rows left out are written into")
    .option("--on-duplicate <RULE>", "keep, first, last or error")
    .option("--dry-run", "read and check everything, write no row")
    .option("--no-commit", "keep the rows invisible until 'sluice jobs commit'")
    .option("--option <KEY=VALUE>", "any other option of an import; again and again", collectPairs);
  return withWatch(command).action(runImport);
}

async function runImport(files: readonly string[], options: ImportOptions): Promise<void> {
  const rest = restOf(options);
  const asked = await askedOf(files, options);
  const made = options.create === true ? await createWhereMissing(rest, asked, options) : undefined;
  const isMade = made !== undefined;
  const jobId = await request(rest, asked, { ...made?.options, ...jobOptions(options) }, options).catch(
    async (error: unknown) => {
      if (isMade) await dropEmpty(rest, asked, options);
      return throwOfBucket(error);
    },
  );
  if (options.create === true && !isMade && !options.dryRun) await noteImportedBefore(rest, asked, jobId, options);
  if (!options.watch) return options.json ? showJson({ jobId }) : say(jobId);
  const job = await watch(rest, jobId, options);
  if (!options.json && mayBeSkipped(job, options)) {
    note("--dry-run shows every bad row, --on-error skip leaves them out");
    if (isMade)
      note("the first rows have said what its fields are: for later ones that need others, make it by a client");
  }
  if (isMade && (job.state === "Failed" || options.dryRun)) await dropEmpty(rest, asked, options);
}

/** The job is under way: whoever may not look at the collection, or at jobs, is to hear of it all the same. */
async function noteImportedBefore(rest: RestClient, { collection }: Asked, jobId: string, options: ImportOptions) {
  try {
    using collections = await collectionsOf(options);
    const before = (await collections.makesKeys(collection)) ? await importedBefore(rest, jobId) : undefined;
    if (before !== undefined) note(before);
  } catch (error) {
    note(`whether its files were imported before is not known: ${error instanceof Error ? error.message : error}`);
  }
}

/** @throws {Error} for what is not said */
async function askedOf(given: readonly string[], options: ImportOptions): Promise<Asked> {
  const spec = options.spec === undefined ? undefined : await readSpec(options.spec);
  checkSameCollection(options, spec);
  const collection = options.collection ?? spec?.collection;
  const paths = serverPaths(given, options.address);
  const missing = [
    collection === undefined && "-c, --collection <NAME>",
    paths.length === 0 && spec === undefined && "files",
  ].filter(Boolean);
  if (collection === undefined || missing.length > 0)
    throw new Error(
      `not specified: ${missing.join(" and ")}; as in: sluice import books.jsonl -c books (--help says everything)`,
    );
  // Column files are one table; of others each is a file of rows of its own.
  const areColumns = options.columns === true || paths.every((path) => /\.npy$/i.test(path));
  const files = areColumns && paths.length > 0 ? [paths] : paths.map((path) => [path]);
  return { collection, spec, files };
}

/** @throws {Error} before a collection is asked for, or made, that the document is not for */
function checkSameCollection({ collection, spec: file }: ImportOptions, spec: ImportSpec | undefined): void {
  if (collection === undefined || spec?.collection === undefined || spec.collection === collection) return;
  throw new Error(
    `-c says "${collection}", and the document ${file} is for "${spec.collection}": leave -c out, or change its external_data.target_collection`,
  );
}

/** Did one row make the job fail, so that the others may be imported? */
function mayBeSkipped({ state, reason = "" }: JobView, { onError }: ImportOptions): boolean {
  return state === "Failed" && onError === undefined && /[(,] row \d+/.test(reason);
}

/** The id of the job. @throws {RefusedError} */
async function request(
  rest: RestClient,
  asked: Asked,
  jobOptions: Readonly<Record<string, string>>,
  options: ImportOptions,
): Promise<string> {
  const { partition } = options;
  const { collection, files, spec } = asked;
  const about = { collectionName: collection, ...(partition !== undefined && { partitionName: partition }) };
  try {
    const given = { ...(spec && { options: spec.text }), ...jobOptions };
    const body = { ...about, ...(files.length > 0 && { files }), options: given };
    return (await rest.post<{ jobId: string }>("jobs/import/create", body)).jobId;
  } catch (error) {
    const isMissing = error instanceof RefusedError && error.code === COLLECTION_NOT_FOUND;
    if (!isMissing || options.create) throw error;
    throw new RefusedError(error.code, `${error.message}: --create makes it, as "sluice inspect" proposes it`);
  }
}

/** Until its end; Ctrl-C ends the watching, not the job. */
export async function watch(
  rest: RestClient,
  jobId: string,
  { json = false }: { readonly json?: boolean },
): Promise<JobView> {
  const rowsOf = ({ importedRows, checkedRows = 0 }: JobView) => importedRows + checkedRows;
  const job = await follow<JobView>({
    look: () => jobOf(rest, "import", jobId),
    jobId,
    rowsOf,
    again: `sluice jobs watch ${jobId}`,
  });
  if (json) showJson(job);
  else showJob(job);
  return job;
}

function jobOptions(options: ImportOptions): Record<string, string> {
  const { onError, rejectPath, onDuplicate, dryRun, commit } = options;
  return {
    ...(onError !== undefined && { on_error: onError }),
    ...(rejectPath !== undefined && { reject_path: rejectPath }),
    ...(onDuplicate !== undefined && { on_duplicate: onDuplicate }),
    ...(dryRun && { dry_run: "true" }),
    ...(!commit && { auto_commit: "false" }),
    ...readingOptions(options),
  };
}
