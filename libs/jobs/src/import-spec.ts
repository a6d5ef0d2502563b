import { excerpt, ImportError } from "@sluice/errors";
import { type JobId, jobId } from "@sluice/schema";
import { parseGoDuration } from "./go-duration.ts";
import { type OnDuplicate, parseOnDuplicate } from "./key-rule.ts";
import { parseOnError, type RowTolerance } from "./row-tolerance.ts";

/** What a user asks of an import besides where its rows come from and go to. Parsed once, at submit, and kept in the job. */
export interface ImportSpec {
  /** As sent, in order: shown with the job, and what a repeated request is compared with. */
  readonly options: readonly (readonly [key: string, value: string])[];
  /** Milliseconds from creation after which the job fails; 0 = never. */
  readonly timeoutMs: number;
  /** Bucket, or name of a source, that all paths are meant in; absent = where each path says. */
  readonly bucket?: string;
  /** Rows that cannot be imported are left out, so many of them; absent = the first one fails the job. */
  readonly tolerance?: RowTolerance;
  /** What becomes of rows with the same primary key; absent = all are imported. */
  readonly onDuplicate?: OnDuplicate;
  /** Everything is read and checked, nothing is written, and no row becomes visible. */
  readonly isDryRun?: boolean;
  /** An earlier job, whose rejected rows these files hold, corrected. */
  readonly correctsJobId?: JobId;
  /** The options that a format's reader knows, by key. */
  readonly formatOptions: Readonly<Record<string, string>>;
  /** What the user should know of the request, although it is carried out. */
  readonly warnings: readonly string[];
}

export type OptionList = readonly { readonly key: string; readonly value: string }[];

/** What becomes of an option; the table below has one for each key that means something. */
type OptionRule =
  /** Read by `parseImportSpec` itself. */
  | "job"
  /** True would change what is imported: refused rather than ignored. Anything else is as if it were absent. */
  | "refused when true";

const rules: Readonly<Record<string, OptionRule>> = {
  timeout: "job",
  auto_commit: "job",
  backup: "refused when true",
  l0_import: "refused when true",
  bucket: "job",
  on_error: "job",
  on_duplicate: "job",
  dry_run: "job",
  corrects: "job",
};

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
]);

/**
 * Unknown options are kept, and named in a warning.
 * @param formatKeys options that are passed on to the formats
 * @throws {ImportError} `request_invalid` in Milvus's words for a bad value or a repeated key; `unsupported` for what would be
 *   wrong to ignore
 */
export function parseImportSpec(options: OptionList, formatKeys: ReadonlySet<string> = new Set()): ImportSpec {
  checkSizes(options);
  const values = new Map<string, string>();
  for (const { key, value } of options) {
    if (values.has(key)) throw new ImportError("request_invalid", `duplicate option key '${excerpt(key)}'`);
    values.set(key, value);
  }
  for (const [key, value] of values) checkSupported(key, value);
  checkAutoCommit(values.get("auto_commit"));
  const timeout = values.get("timeout");
  const onDuplicate = parseOnDuplicate(values.get("on_duplicate") ?? "");
  const tolerance = parseOnError(values.get("on_error") ?? "");
  const bucket = values.get("bucket");
  const corrects = values.get("corrects");
  return {
    options: [...values],
    timeoutMs: timeout === undefined || timeout === "" ? 0 : parseGoDuration(timeout),
    ...(bucket && { bucket }),
    ...(tolerance && { tolerance }),
    ...(onDuplicate && { onDuplicate }),
    ...(corrects && { correctsJobId: parseJobId(corrects) }),
    ...(parseDryRun(values.get("dry_run")) && { isDryRun: true }),
    formatOptions: Object.fromEntries([...values].filter(([key]) => formatKeys.has(key))),
    warnings: [...values.keys()].flatMap((key) => warningOn(key, formatKeys) ?? []),
  };
}

/** Options of a request, which its job keeps and every list of jobs sends. */
const MAX_OPTIONS = 64;
const MAX_KEY_CHARACTERS = 256;
const MAX_VALUE_CHARACTERS = 4096;

function checkSizes(options: OptionList): void {
  const refuse = (reason: string) => {
    throw new ImportError("request_invalid", reason);
  };
  if (options.length > MAX_OPTIONS) refuse(`${options.length} options are more than ${MAX_OPTIONS}`);
  for (const { key, value } of options) {
    if (key.length > MAX_KEY_CHARACTERS)
      refuse(`option key '${excerpt(key)}' has ${key.length} characters, more than ${MAX_KEY_CHARACTERS}`);
    if (value.length > MAX_VALUE_CHARACTERS)
      refuse(`option '${excerpt(key)}' has ${value.length} characters, more than ${MAX_VALUE_CHARACTERS}`);
  }
}

function ruleOf(key: string): OptionRule | undefined {
  return Object.hasOwn(rules, key) ? rules[key] : undefined;
}

function checkSupported(key: string, value: string): void {
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (key !== "dry_run" && safetySwitches.has(plain)) {
    const reason = `option '${excerpt(key)}' is not known, and the import would write: say 'dry_run' to check the files only, or leave it out to import`;
    throw new ImportError("unsupported", reason);
  }
  if (places.has(plain) && value !== "") {
    const reason = `option '${excerpt(key)}' is not supported by this server: files come from where their paths say; name a bucket by the option 'bucket' or as s3://BUCKET/KEY`;
    throw new ImportError("unsupported", reason);
  }
  if (ruleOf(key) === "refused when true" && isTrue(value))
    throw new ImportError(
      "unsupported",
      `option '${key}=true' is not supported by this server: import the rows as Parquet, JSON or NumPy files`,
    );
}

function checkAutoCommit(value: string | undefined): void {
  if (value === undefined || isTrue(value)) return;
  if (value.toLowerCase() !== "false") {
    throw new ImportError(
      "request_invalid",
      `options.auto_commit must be one of "true" or "false", found "${excerpt(value)}"`,
    );
  }
  throw new ImportError(
    "unsupported",
    "option 'auto_commit=false' (two-phase commit) is not supported by this server: leave it out, and all files of the job become visible at once",
  );
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

function isTrue(value: string): boolean {
  return value.toLowerCase() === "true";
}

function warningOn(key: string, formatKeys: ReadonlySet<string>): string | undefined {
  if (formatKeys.has(key) || ruleOf(key) !== undefined) return undefined;
  const known = [...Object.keys(rules), ...formatKeys].sort().join(", ");
  return `option '${excerpt(key)}' is not known and has no effect; known are ${known}`;
}
