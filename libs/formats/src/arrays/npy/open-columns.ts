import { excerptOfList, ImportError, locate } from "@sluice/errors";
import type { ObjectSource } from "@sluice/object-store";
import { type CollectionSchema, dataTypeName, type FieldSchema, isOptional } from "@sluice/schema";
import { MAX_ROW_BYTES } from "../../format-reader.ts";
import { isNpyType, type NpyColumn, planNpyColumn } from "../array-column.ts";
import { type NpyHeader, npyHeaderBytes, parseNpyHeader } from "./npy-header.ts";

/** Ordinary headers are complete in the first read. */
const FIRST_READ_BYTES = 4096;
const MAGIC_BYTES = 6;

/**
 * Opens the files of a set: one for each field that is given, in the order of the schema. A file that no field uses is
 * ignored, as in Milvus. All headers are read and checked, so what follows can fail on values only.
 * @throws {ImportError} `schema_mismatch` when files and fields do not fit, `malformed_file` when a file is broken or rows
 *   are not aligned, `unsupported` for fields and files that have no NumPy form
 */
export async function openNpyColumns(
  sources: readonly ObjectSource[],
  schema: CollectionSchema,
  signal?: AbortSignal,
): Promise<NpyColumn[]> {
  const files = filesByField(sources);
  const given = schema.fields.flatMap((field, index) => {
    const source = files.get(field.name);
    checkPresence(schema, field, source, sources);
    return source ? [{ field, index, source }] : [];
  });
  if (given.length === 0) throw new ImportError("schema_mismatch", `no file for any field, files: ${listOf(sources)}`);
  const columns = await Promise.all(given.map(({ field, index, source }) => openColumn(field, index, source, signal)));
  checkAligned(columns);
  checkRowBytes(columns);
  return columns;
}

/** A file's base name without extension is the name of its field. */
function filesByField(sources: readonly ObjectSource[]): Map<string, ObjectSource> {
  const files = new Map<string, ObjectSource>();
  for (const source of sources) {
    const base = source.path.slice(source.path.lastIndexOf("/") + 1);
    if (/\.npz$/i.test(base)) {
      throw new ImportError("unsupported", "an .npz archive cannot be imported: save each array as FIELD.npy", {
        file: source.path,
      });
    }
    const name = base.replace(/\.npy$/i, "");
    const other = files.get(name);
    if (other)
      throw new ImportError("schema_mismatch", `two files for field '${name}': ${other.path}`, {
        file: source.path,
        field: name,
      });
    files.set(name, source);
  }
  return files;
}

function checkPresence(
  schema: CollectionSchema,
  field: FieldSchema,
  source: ObjectSource | undefined,
  sources: readonly ObjectSource[],
): void {
  const { name } = field;
  const at = { field: name, ...(source && { file: source.path }) };
  if (!source && isOptional(field)) return;
  if (!isNpyType(field.dataType)) {
    const type = dataTypeName(field.dataType);
    throw new ImportError(
      "unsupported",
      `unsupported importing numpy files for collection with data type: ${type}, field '${name}'`,
      at,
    );
  }
  if (!source) throw new ImportError("schema_mismatch", `no file for field: ${name}, files: ${listOf(sources)}`, at);
  if (field.isPrimaryKey && field.autoId && !schema.allowInsertAutoId) {
    throw new ImportError("schema_mismatch", `the primary key '${name}' is auto-generated, no need to provide`, at);
  }
  if (field.isFunctionOutput) {
    throw new ImportError("schema_mismatch", `not allowed to provide data for function output field '${name}'`, at);
  }
}

async function openColumn(
  field: FieldSchema,
  index: number,
  source: ObjectSource,
  signal?: AbortSignal,
): Promise<NpyColumn> {
  try {
    const column = planNpyColumn(field, index, source, await readHeader(source, signal));
    await checkNoSecondArray(column, signal);
    return column;
  } catch (error) {
    throw locate(error, { file: source.path, field: field.name });
  }
}

async function readHeader(source: ObjectSource, signal?: AbortSignal): Promise<NpyHeader> {
  const prefix = await readStart(source, FIRST_READ_BYTES, signal);
  const bytes = npyHeaderBytes(prefix);
  return parseNpyHeader(bytes <= prefix.length ? prefix : await readStart(source, bytes, signal));
}

async function readStart(source: ObjectSource, bytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  const target = new Uint8Array(Math.min(bytes, source.sizeBytes));
  return target.subarray(0, await source.store.readInto(source.key, 0, target, signal));
}

/** NumPy ignores what follows the array, and so do we, unless it is another array, whose rows would be lost unseen. */
async function checkNoSecondArray(column: NpyColumn, signal?: AbortSignal): Promise<void> {
  const { source } = column;
  const end = column.dataOffset + column.rowCount * column.rowBytes;
  if (source.sizeBytes < end + MAGIC_BYTES) return;
  const next = new Uint8Array(MAGIC_BYTES);
  await source.store.readInto(source.key, end, next, signal);
  if (Buffer.from(next).toString("latin1") !== "\x93NUMPY") return;
  throw new ImportError("malformed_file", "the file holds more than one array", { byteOffset: end });
}

function checkAligned(columns: readonly NpyColumn[]): void {
  const [first] = columns;
  const other = columns.find((column) => column.rowCount !== first.rowCount);
  if (!other) return;
  const rows = (column: NpyColumn) => `field '${column.field.name}' with '${column.rowCount}' rows`;
  const at = { file: other.source.path, field: other.field.name };
  throw new ImportError("malformed_file", `imported rows are not aligned, ${rows(first)}, ${rows(other)}`, at);
}

/** @throws {ImportError} `unsupported` when a row is larger than what is held at once */
function checkRowBytes(columns: readonly NpyColumn[]): void {
  const rowBytes = columns.reduce((sum, column) => sum + column.rowBytes, 0);
  if (rowBytes > MAX_ROW_BYTES)
    throw new ImportError("unsupported", `a row of all files takes ${rowBytes} bytes, more than ${MAX_ROW_BYTES}`);
}

function listOf(sources: readonly ObjectSource[]): string {
  return `[${excerptOfList(sources.map(({ path }) => path))}]`;
}
