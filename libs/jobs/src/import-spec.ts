import { didYouMean, excerpt, ImportError } from "@sluice/errors";
import { type JobId, jobId } from "@sluice/schema";
import { parseBackup, parseDeletes } from "./backup-options.ts";
import { parseGoDuration } from "./go-duration.ts";
import { type OnDuplicate, parseOnDuplicate } from "./key-rule.ts";
import { knownOption, knownOptions } from "./options/known-options.ts";
import { parseOnError, type RowTolerance } from "./row-tolerance.ts";
import type { RejectsFolder } from "./written-rejects.ts";

/** What a user asks of an import besides where its rows come from and go to. Parsed once, at submit, and kept in the job. */
export interface ImportSpec {
  /** As sent, in order: shown with the job, and what a repeated request is compared with. */
  readonly options: readonly (readonly [key: string, value: string])[];
  /** Milliseconds from creation after which the job fails; 0 = never. */
  readonly timeoutMs: number;
  /** Bucket, or name of a source, that all paths are meant in; absent = where each path says. */
  readonly bucket?: string;
  /** Name of the format that all files are of, whatever they are called; absent = each what its name says. */
  readonly format?: string;
  /** Rows that cannot be imported are left out, so many of them; absent = the first one fails the job. */
  readonly tolerance?: RowTolerance;
  /** Where these are written besides, as it was asked for. */
  readonly rejectPath?: string;
  /** The folder that this led to when the job was requested. */
  readonly rejectsFolder?: RejectsFolder;
  /** What becomes of rows with the same primary key; absent = all are imported. */
  readonly onDuplicate?: OnDuplicate;
  /** What of a file's path names its partition: `folder`, or the key of a folder `KEY=PARTITION`; absent = the request does. */
  readonly partitionFrom?: string;
  /** The paths are folders of segments of Milvus, first those of insert logs, then those of delta logs. */
  readonly isBackup?: boolean;
  /** The paths are folders of delta logs of Milvus, whose deletes are applied to the rows that are there. */
  readonly isDeletes?: boolean;
  /** What was made becomes visible when somebody commits it. */
  readonly isTwoPhase?: boolean;
  /** Everything is read and checked, nothing is written, and no row becomes visible. */
  readonly isDryRun?: boolean;
  /** An earlier job, whose rejected rows these files hold, corrected. */
  readonly correctsJobId?: JobId;
  /** The options that a format's reader knows, by key. */
  readonly formatOptions: Readonly<Record<string, string>>;
  /** What the user should know of the request, although it is carried out. */
  readonly warnings: readonly string[];
}

/** Options as a request has them, in order. */
export type OptionList = readonly { readonly key: string; readonly value: string }[];

/**
 * Keys that say where files come from, without case and separators: ignored, the file of the same name that the server has
 * would be taken instead.
 */
const places: ReadonlySet<string> = new Set([
  ...["bucketname", "datasource", "objecturl", "objecturls", "endpoint", "accesskey", "secretkey", "sessiontoken"],
  ...["stage", "stagename", "volume", "volumename", "storageconfig", "externalsource", "externalspec"],
]);

/** Other words for `dry_run`, without case and separators: a guess at its name must never write. */
const safetySwitches: ReadonlySet<string> = new Set([
  ...["dryrun", "dry", "validate", "validateonly", "validation", "checkonly", "onlycheck", "testonly", "testrun"],
  ...["simulate", "simulation", "simulateonly", "preview", "previewonly", "noop", "nowrite", "whatif"],
  ...[
    "nocommit",
    "skipcommit",
    "commit",
    "rollback",
    "readonly",
    "skipwrite",
    "write",
    "norun",
    "noexecute",
    "execute",
  ],
]);

/** Options of imports from stages that it would be wrong to pass over, without case and separators, and what to say instead. */
const unservedOfStages: ReadonlyMap<string, string> = new Map([
  ["loadonce", "every import loads all its files: name those that were not imported yet"],
  ["onchanged", "every import loads its files as they are when it is requested"],
  ["purge", "files stay where they are: remove them when the job is Completed"],
  ["manifest", "name the files in the request"],
  ["lineage", "'row_number_field' keeps the number of each row; the job names its files"],
  ["pattern", "write the pattern into the path, as in in/*.parquet"],
  ["maxerrors", "say on_error=skip:N"],
  ["fieldmapping", "say 'fields_mapping', an object of sources and fields"],
]);

/**
 * Unknown options are kept, and named in a warning.
 * @param options a text each, no key twice
 * @param formatKeys options that are passed on to the formats
 * @throws {ImportError} `request_invalid` in Milvus's words for a bad value; `unsupported` for what would be wrong to ignore
 */
export function parseImportSpec(options: OptionList, formatKeys: ReadonlySet<string> = new Set()): ImportSpec {
  const values = new Map(options.map(({ key, value }) => [key, value]));
  for (const [key, value] of values) checkSupported(key, value);
  const timeout = values.get("timeout");
  const isDryRun = parseDryRun(values.get("dry_run"));
  const onDuplicate = parseOnDuplicate(values.get("on_duplicate") ?? "");
  const tolerance = parseOnError(values.get("on_error") ?? "");
  const rejectPath = values.get("reject_path");
  if (rejectPath) checkLeavesOut(tolerance, isDryRun);
  const bucket = values.get("bucket");
  const format = values.get("format");
  const corrects = values.get("corrects");
  const partitionFrom = values.get("partition_from");
  const [isBackup, isDeletes] = [parseBackup(values), parseDeletes(values)];
  return {
    options: [...values],
    timeoutMs: timeout === undefined || timeout === "" ? 0 : parseGoDuration(timeout),
    ...(bucket && { bucket }),
    ...(format && { format }),
    ...(tolerance && { tolerance }),
    ...(rejectPath && { rejectPath }),
    ...(onDuplicate && { onDuplicate }),
    ...(partitionFrom && { partitionFrom }),
    ...(isBackup && { isBackup }),
    ...(isDeletes && { isDeletes }),
    ...(!parseAutoCommit(values.get("auto_commit")) && !isDryRun && { isTwoPhase: true }),
    ...(corrects && { correctsJobId: parseJobId(corrects) }),
    ...(isDryRun && { isDryRun }),
    formatOptions: Object.fromEntries([...values].filter(([key]) => formatKeys.has(key))),
    warnings: [...values.keys()].flatMap((key) => warningOn(key, formatKeys, isBackup || isDeletes) ?? []),
  };
}

/** Whether a name means that nothing be written, `dry_run` itself included. */
export function isSafetySwitch(name: string): boolean {
  return safetySwitches.has(plainName(name));
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function checkSupported(key: string, value: string): void {
  const plain = plainName(key);
  if (key !== "dry_run" && isSafetySwitch(key)) {
    const reason = `option '${excerpt(key)}' is not known, and the import would write: say 'dry_run' to check the files only, or leave it out to import`;
    throw new ImportError("unsupported", reason);
  }
  const instead = unservedOfStages.get(plain);
  if (instead !== undefined && value !== "" && value.toLowerCase() !== "false")
    throw new ImportError("unsupported", `option '${excerpt(key)}' is not supported by this server: ${instead}`);
  if (places.has(plain) && value !== "") {
    const reason = `option '${excerpt(key)}' is not supported by this server: files come from where their paths say; name a bucket by the option 'bucket' or as s3://BUCKET/KEY, another store by 'data_source'`;
    throw new ImportError("unsupported", reason);
  }
}

/** Milvus takes no other words: what is taken for true makes rows visible. */
function parseAutoCommit(value = "true"): boolean {
  if (isTrue(value)) return true;
  if (value.toLowerCase() === "false") return false;
  const found = `options.auto_commit must be one of "true" or "false", found "${excerpt(value)}"`;
  throw new ImportError("request_invalid", found);
}

function parseJobId(value: string): JobId {
  if (/^\d{1,18}$/.test(value)) return jobId(BigInt(value));
  throw new ImportError(
    "request_invalid",
    `option corrects must be the id of an import job, found "${excerpt(value)}"`,
  );
}

/** Anything but a clear word is refused: what is taken for false writes. */
function parseDryRun(value = "false"): boolean {
  if (isTrue(value)) return true;
  if (value.toLowerCase() === "false") return false;
  throw new ImportError("request_invalid", `option dry_run must be "true" or "false", found "${excerpt(value)}"`);
}

/** @throws {ImportError} where no row would come there */
function checkLeavesOut(tolerance: RowTolerance | undefined, isDryRun: boolean): void {
  const why = isDryRun
    ? "a dry run writes nothing: leave the option out, and look at the reasons in the job"
    : "without on_error=skip no row is left out: say both, or neither";
  if (isDryRun || !tolerance) throw new ImportError("request_invalid", `option reject_path: ${why}`);
}

function isTrue(value: string): boolean {
  return value.toLowerCase() === "true";
}

function warningOn(key: string, formatKeys: ReadonlySet<string>, isOfMilvus: boolean): string | undefined {
  const rule = knownOption(key)?.rule;
  if (rule === "of backups")
    return isOfMilvus ? undefined : `option '${excerpt(key)}' has no effect: it is one of backup=true`;
  if (formatKeys.has(key) || (rule !== undefined && rule !== "format")) return undefined;
  const usable = Object.keys(knownOptions).filter((known) => knownOptions[known].rule === "job");
  const known = [...usable, ...formatKeys].sort();
  return `option '${excerpt(key)}' is not known and has no effect${didYouMean(key, known)}; known are ${known.join(", ")}`;
}
