/** What becomes of an option. */
export type OptionRule =
  /** Says something of the job, or of its rows whatever their format. */
  | "job"
  /** A reader of some format looks at it. */
  | "format"
  /** Means something beside `backup=true` or `l0_import=true` only. */
  | "of backups";

/** What is known of one option, whatever its value. */
export interface KnownOption {
  readonly rule: OptionRule;
  /** For the JSON Schema and messages. */
  readonly description: string;
  /** Its value is a JSON object, also as text, or else a text. */
  readonly isObject?: true | "or text";
  /** Its value is shown to nobody. */
  readonly isSecret?: true;
}

/**
 * Options whose value is one text, number or truth value, or an object of the user's own names. Source: import semantics §6, for
 * those that Milvus has. Formats may know more, which their descriptors name.
 */
export const knownOptions: Readonly<Record<string, KnownOption>> = {
  timeout: { rule: "job", description: "Go duration, such as 300s or 1h45m, after which the job fails" },
  bucket: { rule: "job", description: "bucket, or name of a source, that all paths are meant in" },
  format: { rule: "job", description: "name of the format that all files are of, whatever they are called" },
  on_error: { rule: "job", description: 'what becomes of bad rows: "abort", "skip", "skip:N" or "skip:P%"' },
  reject_path: {
    rule: "job",
    description: "folder of a volume, volume://NAME/FOLDER/, that rows left out by on_error are written into",
  },
  on_duplicate: {
    rule: "job",
    description: 'what becomes of rows of one primary key: "keep", "first", "last" or "error"',
  },
  partition_from: {
    rule: "job",
    description:
      '"folder": each file goes into the partition that its folder names; KEY: the one of a folder KEY=PARTITION',
  },
  dry_run: { rule: "job", description: '"true": everything is read and checked, nothing is written' },
  corrects: { rule: "job", description: "id of the import job whose rejected rows these files hold, corrected" },
  auto_commit: { rule: "job", description: '"false": what was imported becomes visible when the job is committed' },
  webhook: {
    rule: "job",
    isSecret: true,
    description: "URL that is told of the job's end; the operator lists its server",
  },
  fields_mapping: {
    ...{ rule: "format", isObject: true },
    description: "where in the source a field's values are, to the field's name",
  },
  default_fields: { rule: "format", isObject: true, description: "field to value, for fields that no file provides" },
  nan: {
    rule: "format",
    description:
      '"null": NaN and infinities, which are refused otherwise, stand for null in scalar fields that may be null',
  },
  preset: {
    ...{ rule: "format", isObject: "or text" },
    description: "origin of the files, such as pinecone; the path of a file with a preset, or such an object",
  },
  coerce: {
    rule: "format",
    description: '"true": text of digits is an integer where a field wants one, and the reverse',
  },
  fold_extra_columns: { rule: "format", description: '"false": columns that no field has do not go into $meta' },
  sep: { rule: "format", description: "separator of CSV" },
  nullkey: { rule: "format", description: "text that stands for null in CSV" },
  quote: { rule: "format", description: "mark around cells of CSV; empty: none" },
  escape: { rule: "format", description: "a backslash: the CSV is PostgreSQL's text format" },
  header: { rule: "format", description: '"false": the first line of a CSV is a record' },
  columns: { rule: "format", description: "names of the columns of a CSV, with commas or as a JSON list" },
  decimal: { rule: "format", description: "decimal mark of numbers in CSV" },
  table: {
    rule: "format",
    description: "table of an SQLite database, or collection of another store, whose rows are meant",
  },
  row_number_field: { rule: "format", description: "Int64 field that takes the number of the row in its file" },
  row_number_start: { rule: "format", description: "number of the first row" },
  allow_lossy: {
    rule: "format",
    description: '"true": vectors that were rounded or quantized are imported as they are',
  },
  allow_truncated: { rule: "format", description: '"true": the whole rows of a file that breaks off are imported' },
  index_metric: { rule: "format", description: "metric of an annoy index, which it does not tell" },
  index_dim: { rule: "format", description: "dimension of an annoy index, which it does not tell" },
  backup: { rule: "job", description: '"true": the paths are folders of segments of Milvus' },
  l0_import: { rule: "job", description: '"true": the path is a folder of delta logs, whose deletes are applied' },
  start_ts: { rule: "of backups", description: "rows and deletes before this timestamp are left out" },
  startTs: { rule: "of backups", description: "as start_ts" },
  end_ts: { rule: "of backups", description: "rows and deletes after this timestamp are left out" },
  endTs: { rule: "of backups", description: "as end_ts" },
  skip_disk_quota_check: { rule: "of backups", description: "no quota is asked for" },
  storage_version: { rule: "of backups", description: "storage format of the binlogs" },
  ezk: { rule: "of backups", isSecret: true, description: "key of an encrypted backup, base64" },
};

/** Undefined for what nobody knows, such as `toString`. */
export function knownOption(key: string): KnownOption | undefined {
  return Object.hasOwn(knownOptions, key) ? knownOptions[key] : undefined;
}

const namesOfBounds = Object.keys(knownOptions).filter((key) => /^(start|end)_?ts$/i.test(key));
/** As clients of stages write them. */
const namesOfStages: ReadonlyMap<string, string> = new Map([
  ["rejectPath", "reject_path"],
  ["onError", "on_error"],
]);

/** The name of an option that a client calls `key`: Milvus takes bounds of time whatever their case, and nothing else. */
export function optionName(key: string): string {
  return namesOfStages.get(key) ?? namesOfBounds.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
}
