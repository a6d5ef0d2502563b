import { setImmediate as turn } from "node:timers/promises";
import type { Column, InsertBatch } from "@sluice/columns";
import { excerptOfList, ImportError } from "@sluice/errors";
import { formatNamed, openReader, planFields, withFolderKeys } from "@sluice/formats";
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

/**
 * The rows of all files, in order, as an import reads them: of whatever format, checked against the new fields. Of the file only
 * the key and the new fields are read.
 * @param areKeysEnough the values of the new fields need not be there, nor are they checked, nor is anything warned of: there is
 *   another reading, for the values
 * @throws {ImportError} as `FormatReader.batches`; `schema_mismatch` for a file without one of the columns
 */
export async function* fileRows(
  input: MergeTaskInput,
  context: TaskContext,
  onBytes: (bytes: number) => void,
  areKeysEnough = false,
): AsyncGenerator<FileBatch> {
  const schema = fileSchema(input);
  let before = 0;
  for (const [group, set] of input.sets.entries()) {
    yield* rowsOf(set, { schema, input, context, group, areKeysEnough, onBytes: (bytes) => onBytes(before + bytes) });
    before += set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }
}

/** Of more files it is not worth asking each. */
const MAX_ASKED_SETS = 64;

/** Rows of the files as far as headers and footers announce them, for a first guess: no more than the files have bytes. */
export async function announcedRows(input: MergeTaskInput, { openFiles, signal }: TaskContext): Promise<number> {
  let rows = 0;
  if (input.sets.length > MAX_ASKED_SETS) return 0;
  for (const set of input.sets) {
    const options = { ...input.options, ...set.options };
    const bytes = set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    await using opened = await openFiles(set.files, input.sources);
    const probe = { sources: opened.files, plan: planFields(fileSchema(input), options, set.folders), options };
    const { rowCount = 0 } = await formatNamed(set.format).probe(probe, signal);
    rows += Math.min(rowCount, bytes);
  }
  return rows;
}

interface SetWork {
  readonly schema: CollectionSchema;
  readonly input: MergeTaskInput;
  readonly context: TaskContext;
  readonly group: number;
  readonly areKeysEnough: boolean;
  readonly onBytes: (bytes: number) => void;
}

async function* rowsOf(set: SourceSet, work: SetWork): AsyncGenerator<FileBatch> {
  const { schema, input, context, group, areKeysEnough, onBytes } = work;
  const { signal, limits } = context;
  const warn = (text: string) => !areKeysEnough && context.warn(text, group);
  const options = { ...input.options, ...set.options };
  const plan = planFields(schema, options, set.folders);
  await using opened = await context.openFiles(set.files, input.sources);
  await using reader = openReader(set.format, {
    ...{ sources: opened.files, plan, options, wholeBytes: WHOLE_BY_ROWS * limits.workerMemoryBytes },
    ...{ warn, ...(areKeysEnough && { enoughFields: 1 }) },
  });
  let row = 0;
  for await (const batch of reader.batches({ batchBytes: limits.batchBytes, signal })) {
    signal.throwIfAborted();
    yield { ...columnsOf(withFolderKeys(plan, batch), work, set), at: { file: set.files[0].path, row } };
    row += batch.rowCount;
    onBytes(batch.sourceBytes);
    await turn();
  }
  // A file that was written again meanwhile would give other rows than its owner means, without an error.
  for (const file of opened.files) await file.check(signal);
  if (row === 0) warn(`${excerptOfList(set.files.map(({ path }) => path))}: no rows`);
}

function columnsOf({ columns, rowCount }: InsertBatch, { schema, areKeysEnough }: SetWork, { files }: SourceSet) {
  const given = (areKeysEnough ? schema.fields.slice(0, 1) : schema.fields).map(({ name }, i): Column => {
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
