import { ImportError } from "@sluice/errors";
import { formatOfPath } from "@sluice/formats";
import { type DocumentChunk, type DocumentFile, ID_RANGE_OPTION, idRangeText } from "@sluice/jobs";
import type { importing } from "@sluice/rpc";
import { keyPathText } from "@sluice/values";

/** Paths of a request that are grouped together. */
export interface PathList {
  readonly paths: readonly string[];
  /** Files of rows are groups of their own; else there may be one. */
  readonly isFlat: boolean;
  /** Laid over the options of the request, for these files. */
  readonly options?: Readonly<Record<string, string>>;
  /** Where the options document says so, for errors. */
  readonly from?: string;
}

/** What a request names files by. */
export type RequestedFiles = Pick<importing.ImportRequest, "files" | "fileGroups"> & {
  readonly chunks?: readonly DocumentChunk[];
};

/** @throws {ImportError} `request_invalid` for files that are named twice over, or whose types contradict their names */
export function pathListsOf({ files, fileGroups, chunks = [] }: RequestedFiles): PathList[] {
  const listed = fileGroups.length > 0 ? fileGroups.map(({ paths }) => paths) : [files];
  const lists = listed.map((paths) => ({
    paths: paths.filter((path) => path !== ""),
    isFlat: fileGroups.length === 0,
  }));
  if (chunks.length === 0) return lists;
  if (lists.every(({ paths }) => paths.length === 0)) return chunks.flatMap(listsOfChunk);
  throw invalid("options.external_data.chunks: the request names files too: name them in one place");
}

/** A file of rows is a list of its own; column files of a chunk are one table. */
function listsOfChunk({ files }: DocumentChunk, chunk: number): PathList[] {
  const placed = files.map((file, i) => ({ file, from: placeOf(chunk, i) }));
  for (const { file, from } of placed) checkType(file, from);
  const [columns, rows] = [placed.filter(({ file }) => isColumns(file)), placed.filter(({ file }) => !isColumns(file))];
  const lists = rows.map(({ file, from }) => listOf([file], from));
  return columns.length === 0 ? lists : [...lists, listOf(columns.map(({ file }) => file), columns[0].from)]; // biome-ignore format: one thought
}

function isColumns({ path, type }: DocumentFile): boolean {
  return type === undefined ? formatOfPath(path)?.grouping === "columns" : type === "column_based";
}

function checkType({ path, type }: DocumentFile, from: string): void {
  const format = formatOfPath(path);
  if (type !== "row_based" || format?.grouping !== "columns") return;
  throw invalid(`${from}.type: files of ${format.title} are column_based`, path);
}

function listOf(files: readonly DocumentFile[], from: string): PathList {
  const mapping = new Map<string, unknown>();
  for (const { path, fields_mapping = {} } of files)
    for (const [source, target] of Object.entries(fields_mapping)) {
      if (mapping.has(source) && mapping.get(source) !== target)
        throw invalid(
          `${from}: another file of the table maps '${source}' too: give the columns different names`,
          path,
        );
      mapping.set(source, target);
    }
  const isMapped = files.some(({ fields_mapping }) => fields_mapping !== undefined);
  const options = {
    ...(isMapped && { fields_mapping: JSON.stringify(Object.fromEntries(mapping)) }),
    ...idRange(files, from),
  };
  const hasOptions = Object.keys(options).length > 0;
  return { paths: files.map(({ path }) => path), isFlat: true, from, ...(hasOptions && { options }) };
}

/** Keys of the rows of a table, which one of its files may name for all of them. */
function idRange(files: readonly DocumentFile[], from: string): Record<string, string> {
  const texts = new Set(files.flatMap((file) => file[ID_RANGE_OPTION] ?? []).map(idRangeText));
  if (texts.size > 1)
    throw invalid(`${from}.${ID_RANGE_OPTION}: files of one table have the same rows, and these ids differ`);
  const [text] = texts;
  return text === undefined ? {} : { [ID_RANGE_OPTION]: text };
}

function placeOf(chunk: number, file: number): string {
  return keyPathText("options", ["external_data", "chunks", chunk, "files", file]);
}

function invalid(reason: string, file?: string): ImportError {
  return new ImportError("request_invalid", reason, file === undefined ? undefined : { file });
}
