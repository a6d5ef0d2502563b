import { setImmediate as turn } from "node:timers/promises";
import type { Column, InsertBatch } from "@sluice/columns";
import { excerptOfList, ImportError } from "@sluice/errors";
import { type FileProbe, formatNamed, openReader, planFields, type SourceRange, withFolderKeys } from "@sluice/formats";
import type { MergeTaskInput, SourceSet } from "@sluice/jobs";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import type { TaskContext } from "../task-kind.ts";
import { type MergeKeys, mergeKeys } from "./merge-keys.ts";

/** Rows of the files: their keys and the values of the new fields. Borrowed, as a reader's batches are. */
export interface FileBatch {
  readonly keys: MergeKeys;
  /** Parallel to the new fields. */
  readonly columns: readonly Column[];
  /** Where row 0 stands. */
  readonly at: { readonly file: string; readonly row: number };
}

/** Pages of columnar files may take so many times what rows may, as in an import. */
const WHOLE_BY_ROWS = 3;

/** Rows that are read together: all of a set of files, or those of some units of it that lie one behind the other. */
export interface FileSpan {
  /** Number of the set. */
  readonly set: number;
  readonly range?: SourceRange;
  /** Bytes of the files before it. */
  readonly firstByte: number;
}

/** Every set at once. */
export function wholeSets({ sets }: MergeTaskInput): FileSpan[] {
  let firstByte = 0;
  return sets.map((one, set) => {
    const span = { set, firstByte };
    firstByte += bytesOf(one);
    return span;
  });
}

function bytesOf({ files }: SourceSet): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** What is known of the files before their rows are read. */
export interface AnnouncedFiles {
  /** A first guess: no more than the files have bytes; 0 where nobody was asked. */
  readonly rowCount: number;
  /** All rows, in order. */
  readonly spans: readonly FileSpan[];
  /** Keys can be read without the values beside them, and some spans without the others. */
  readonly areSpansApart: boolean;
}

/** Of more files it is not worth asking each. */
const MAX_ASKED_SETS = 64;
/** Of one set. */
const MAX_SPANS = 32;

/** What headers and footers announce. @throws as `Format.probe` */
export async function announcedFiles(input: MergeTaskInput, context: TaskContext): Promise<AnnouncedFiles> {
  const spans: FileSpan[] = [];
  let rowCount = 0;
  for (const whole of wholeSets(input)) {
    const probed = input.sets.length > MAX_ASKED_SETS ? undefined : await probe(input, context, whole.set);
    rowCount += Math.min(probed?.rowCount ?? 0, bytesOf(input.sets[whole.set]));
    spans.push(...(probed ? spansOf(probed, whole) : [whole]));
  }
  const areSpansApart = input.sets.every(({ format }) => formatNamed(format).rangeUnit === "row group");
  return { rowCount, spans, areSpansApart };
}

async function probe(input: MergeTaskInput, { openFiles, signal }: TaskContext, set: number): Promise<FileProbe> {
  const { files, format, folders, options: own } = input.sets[set];
  const options = { ...input.options, ...own };
  await using opened = await openFiles(files, input.sources);
  const probed = { sources: opened.files, plan: planFields(fileSchema(input), options, folders), options };
  return await formatNamed(format).probe(probed, signal);
}

/** Of about the same number of units. */
function spansOf({ cuts, cutBytes }: FileProbe, whole: FileSpan): FileSpan[] {
  if (typeof cuts === "string" || !cutBytes || cuts.length <= 2) return [whole];
  const step = Math.ceil((cuts.length - 1) / MAX_SPANS);
  const spans: FileSpan[] = [];
  for (let i = 0; i + 1 < cuts.length; i += step) {
    const range = { begin: cuts[i], end: cuts[Math.min(i + step, cuts.length - 1)] };
    spans.push({ ...whole, range, firstByte: whole.firstByte + cutBytes[i] });
  }
  return spans;
}

/** How files are read; `onBytes` is told of bytes of the files as they are read. */
export interface FileRowsOptions {
  readonly onBytes?: (bytes: number) => void;
  /**
   * The values of the new fields need not be there, nor are they checked, nor is anything warned of: there is another reading, for the
   * values.
   */
  readonly areKeysEnough?: boolean;
}

/**
 * The rows of a span, in order, as an import reads them: of whatever format, checked against the new fields. Of the file only the key
 * and the new fields are read.
 * @throws {ImportError} as `FormatReader.batches`; `schema_mismatch` for a file without one of the columns
 */
export async function* fileRows(
  { set: group, range, firstByte }: FileSpan,
  input: MergeTaskInput,
  context: TaskContext,
  { onBytes, areKeysEnough = false }: FileRowsOptions = {},
): AsyncGenerator<FileBatch> {
  const { signal, limits } = context;
  const set = input.sets[group];
  const schema = fileSchema(input);
  const warn = (text: string) => !areKeysEnough && context.warn(text, group);
  const options = { ...input.options, ...set.options };
  const plan = planFields(schema, options, set.folders);
  await using opened = await context.openFiles(set.files, input.sources);
  await using reader = openReader(set.format, {
    ...{ sources: opened.files, plan, options, wholeBytes: WHOLE_BY_ROWS * limits.workerMemoryBytes, warn },
    ...(range && { range }),
    ...(areKeysEnough && { enoughFields: 1 }),
  });
  const fields = areKeysEnough ? schema.fields.slice(0, 1) : schema.fields;
  let row = 0;
  for await (const batch of reader.batches({ batchBytes: limits.batchBytes, signal })) {
    signal.throwIfAborted();
    yield { ...columnsOf(withFolderKeys(plan, batch), fields, set), at: { file: set.files[0].path, row } };
    row += batch.rowCount;
    onBytes?.(firstByte + batch.sourceBytes);
    await turn();
  }
  // A file that was written again meanwhile would give other rows than its owner means, without an error.
  for (const file of opened.files) await file.check(signal);
  if (row === 0 && !range) warn(`${excerptOfList(set.files.map(({ path }) => path))}: no rows`);
}

function columnsOf({ columns, rowCount }: InsertBatch, fields: readonly FieldSchema[], { files }: SourceSet) {
  const given = fields.map(({ name }, i): Column => {
    const column = columns[i];
    if (column) return column;
    const what = i === 0 ? "the merge field" : "a new field";
    throw new ImportError("schema_mismatch", `the file has no column '${name}', which is ${what}`, {
      ...{ file: files[0].path, field: name },
    });
  });
  return { keys: mergeKeys(given[0], rowCount), columns: given.slice(1) };
}

/**
 * What the files are read as: the key, then the new fields. Keys are read as the widest of their kind, for a value that the
 * collection's field cannot have matches nothing and is no error. A default fills rows that match nothing: a null that the file
 * has stays null.
 */
function fileSchema({ keyField, newFields, timezone }: MergeTaskInput): CollectionSchema {
  if (!keyField) throw new ImportError("internal", "files are merged by no field");
  return {
    ...{ name: "files", structs: [], enableDynamicField: false, allowInsertAutoId: false, timezone },
    fields: [fileKey(keyField), ...newFields.map((field) => ({ ...field, defaultValue: undefined }))],
  };
}

/** The key as the files have it. */
export function fileKey(field: FieldSchema): FieldSchema {
  const isText = field.dataType === DataType.VarChar;
  return {
    ...field,
    ...{ isPrimaryKey: false, isPartitionKey: false, autoId: false, nullable: true, defaultValue: undefined },
    ...{ dataType: isText ? DataType.VarChar : DataType.Int64, maxLength: 0 },
  };
}
