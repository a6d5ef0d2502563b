import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import { META_ROWS } from "../../columnar/segments/log-files.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { arraySet, malformed, readPart } from "../one-file.ts";
import { deletedDocs } from "./deleted-docs.ts";

/** Files begin with the number of bytes that follow. */
const HEAD_BYTES = 8;
const ID_BYTES = 8;
/** What Milvus 1.x calls the columns in its own exports. */
const [ID, VECTOR] = ["id", "data"];

/**
 * The keys and vectors of a segment, without the rows that `deleted_docs` names.
 * @throws {ImportError} `malformed_file` with the byte; `request_invalid` for files of no segment
 */
export async function segmentArrays(
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const [ids, vectors] = [fileOf(sources, ".uid"), fileOf(sources, ".rv")];
  const idBytes = await bytesAfterHead(ids, true, signal);
  if (idBytes % ID_BYTES !== 0) throw at(ids, malformed(`its ${idBytes} bytes are no whole number of ids`, 0));
  const rows = idBytes / ID_BYTES;
  const set = arraySet("Milvus 1.x segment", [idArray(ids, rows), vectorArray(vectors, rows)]);
  const docs = sources.find(({ path }) => path.endsWith("/deleted_docs") || path === "deleted_docs");
  const missing = `${ids.path}: there is no deleted_docs beside it, so nothing was deleted`;
  if (!docs) return { ...set, notes: [missing, ...notesOnCount(ids, rows, options)] };
  const found = await deletedDocs(docs, rows, await bytesAfterHead(docs, false, signal), signal);
  const notes = notesOnCount(ids, rows - (found?.deletedRows ?? 0), options);
  return { ...set, notes, ...(found && { live: found.live }) };
}

/** Milvus before 1.1 counts what is deleted twice as two, so that other numbers are no damage for sure. */
function notesOnCount(
  { path }: SourceFile,
  rows: number,
  { [META_ROWS]: said }: Readonly<Record<string, string>>,
): string[] {
  if (said === undefined || said === String(rows)) return [];
  return [`${path}: the meta store says ${said} rows that are not deleted, and the files have ${rows}`];
}

function fileOf(sources: readonly SourceFile[], end: string): SourceFile {
  const found = sources.find(({ path }) => path.endsWith(end));
  if (found) return found;
  const names = sources.map(({ path }) => path).join(", ");
  throw new ImportError("request_invalid", `a segment of Milvus 1.x has a file ${end}, there are [${names}]`);
}

/** @param isExact nothing may follow; `deleted_docs` are written over longer ones */
async function bytesAfterHead(file: SourceFile, isExact: boolean, signal: AbortSignal): Promise<number> {
  try {
    const view = await readPart(file, 0, HEAD_BYTES, "the number of its bytes", signal);
    const bytes = view.getBigUint64(0, true);
    const there = file.sizeBytes - HEAD_BYTES;
    if (bytes > BigInt(there)) throw malformed(`it announces ${bytes} bytes, and ${there} follow`, 0);
    if (isExact && bytes < BigInt(there)) throw malformed(`${there} bytes follow, it announces ${bytes}`, 0);
    return Number(bytes);
  } catch (error) {
    throw at(file, error);
  }
}

function at(file: SourceFile, error: unknown): unknown {
  return locate(error, { file: file.path });
}

function idArray(source: SourceFile, rows: number): NamedArray {
  const header = async () => ({ descr: "<i8", fortranOrder: false, shape: [rows], dataOffset: HEAD_BYTES });
  return { name: ID, source, role: "keys", dataType: DataType.Int64, header };
}

/** Bits and floats look alike: the field decides. */
function vectorArray(source: SourceFile, rows: number): NamedArray {
  const header = async (signal: AbortSignal | undefined, field?: FieldSchema): Promise<ArrayHeader> => {
    const bytes = await bytesAfterHead(source, true, signal ?? new AbortController().signal);
    const rowBytes = rows === 0 ? 0 : bytes / rows;
    if (rows > 0 && !Number.isInteger(rowBytes))
      throw malformed(`its ${bytes} bytes are no vectors of ${rows} rows`, 0);
    const isBinary = field?.dataType === DataType.BinaryVector || rowBytes % 4 !== 0;
    if (rows > 0 && field) checkWidth(field, rowBytes);
    const items = isBinary ? rowBytes : rowBytes / 4;
    return { descr: isBinary ? "|u1" : "<f4", fortranOrder: false, shape: [rows, items], dataOffset: HEAD_BYTES };
  };
  return { name: VECTOR, source, role: "vectors", header };
}

function checkWidth(field: FieldSchema, rowBytes: number): void {
  const wanted = field.dataType === DataType.BinaryVector ? vectorBytes(field.dataType, field.dim) : 4 * field.dim;
  if (rowBytes === wanted) return;
  const reason = `its vectors have ${rowBytes} bytes, field '${field.name}' of dimension ${field.dim} has ${wanted}`;
  throw new ImportError("schema_mismatch", reason, { field: field.name });
}
