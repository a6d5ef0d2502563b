import { excerptOfList, ImportError } from "@sluice/errors";
import { ALL_PARTITIONS, DELTA_LOGS } from "@sluice/formats";
import type { ImportSpec } from "@sluice/jobs";
import type { SourceRef, Sources } from "@sluice/object-store";
import { pathListsOf, type RequestedFiles } from "../path-lists.ts";
import type { FoundGroup, RequestFiles } from "../request-files.ts";
import { type GroupedSegment, readGrouped, splitGrouped } from "./grouped-segments.ts";
import { warnOfReplaced } from "./replaced-segments.ts";

/** Logs that one request may name: some ten seconds of listing a bucket, and an entry in a record each. */
const MAX_LOGS = 200_000;

/**
 * Finds the segments of a request with `backup=true`: each pair of paths is a folder of insert logs
 * (`…/SEGMENT/FIELD/LOG`) and one of their delta logs (`…/SEGMENT/LOG`), which may be left out. Each segment is a group, its
 * delta logs at the end. Those of segments that have no rows here, as the L0 segments of Milvus 2.4 and later, apply to all.
 * Segments of storage version 3 (`…/SEGMENT/_metadata`, `_data`, `_delta`) bring theirs with them.
 * Source: binlog format, §8 and §1.
 * @throws {ImportError} in Milvus's words; others as `Sources.list`
 */
export async function findSegments(
  sources: Sources,
  request: RequestedFiles,
  { bucket }: Pick<ImportSpec, "bucket">,
): Promise<RequestFiles> {
  if (request.chunks && request.chunks.length > 0)
    throw invalid("options.external_data.chunks: backup=true takes folders, by the paths of the request");
  const lists = pathListsOf(request).map(({ paths }) => paths);
  const parts: RequestFiles[] = [];
  for (const paths of lists) {
    if (paths.length === 0) throw invalid("no insert binlogs to import");
    if (paths.length > 2)
      throw invalid(
        `too many input paths for binlog import. Valid paths length should be one or two, but got paths:[${paths.join(" ")}]`,
      );
    parts.push(
      await findPair(
        sources,
        paths.map((path) => (path.endsWith("/") ? path : `${path}/`)),
        bucket,
      ),
    );
  }
  const groups = parts.flatMap((part) => part.groups);
  const replaced = await warnOfReplaced(sources, groups);
  return { groups, warnings: [...parts.flatMap(({ warnings }) => warnings), ...replaced] };
}

async function findPair(
  sources: Sources,
  [insertPath, deltaPath]: readonly string[],
  bucket: string | undefined,
): Promise<RequestFiles> {
  const files = await listLogs(sources, insertPath, bucket);
  if (files.length === 0)
    throw new ImportError("file_not_found", `no binlog to import, input=[${insertPath}]`, { file: insertPath });
  const { logs, grouped } = splitGrouped(files);
  const { segments, uncommitted } = await readGrouped(sources, grouped);
  const general = segments.length > 0 ? await generalSegments(sources, insertPath, bucket) : [];
  const rows = { logs, segments: [...segments, ...general] };
  const found = (deltas: readonly SourceRef[]) => withUncommitted(segmentsOf(insertPath, rows, deltas), uncommitted);
  const own = deltaPath === undefined ? [] : await listLogs(sources, deltaPath, bucket);
  const deltas = deltaPath === undefined ? [] : [...own, ...(await generalDeltas(sources, deltaPath, bucket))];
  if (deltas.length === 0) return withUnasked(found([]), sources, insertPath, bucket);
  return found(deltas);
}

/** Segments of storage version 3 that delete rows of all partitions. */
async function generalSegments(
  sources: Sources,
  insertPath: string,
  bucket: string | undefined,
): Promise<readonly GroupedSegment[]> {
  const beside = insertPath.replace(/[^/]+\/$/, `${ALL_PARTITIONS}/`);
  if (beside === insertPath || !/\/\d+\/$/.test(insertPath)) return [];
  const { grouped } = splitGrouped(await listBeside(sources, beside, bucket));
  return (await readGrouped(sources, grouped)).segments.filter(({ files }) => files.length === 0);
}

function withUncommitted({ groups, warnings }: RequestFiles, folders: readonly string[]): RequestFiles {
  const warning = (folder: string) => `${folder}: left out, since no manifest says what of it was committed`;
  return { groups, warnings: [...warnings, ...folders.map(warning)] };
}

/** Milvus 2.4 and later keeps deletes of all partitions beside those of each, for L0 segments. */
async function generalDeltas(sources: Sources, deltaPath: string, bucket: string | undefined): Promise<SourceRef[]> {
  const beside = deltaPath.replace(/[^/]+\/$/, `${ALL_PARTITIONS}/`);
  return /\/\d+\/$/.test(deltaPath) ? await listBeside(sources, beside, bucket) : [];
}

/** Deletes that lie where Milvus keeps them, and that nobody asked for, are told. */
async function withUnasked(
  files: RequestFiles,
  sources: Sources,
  insertPath: string,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const [, root, collection, partition] = /^(.*)insert_log\/(\d+)\/(\d+)\/$/.exec(insertPath) ?? [];
  if (root === undefined) return files;
  const folder = `${root}delta_log/${collection}/`;
  const own = await listBeside(sources, `${folder}${partition}/`, bucket);
  const count = own.length + (await listBeside(sources, `${folder}${ALL_PARTITIONS}/`, bucket)).length;
  if (count === 0) return files;
  const warning = `${insertPath}: ${count} delta logs below ${folder} are not applied: give ${folder}${partition}/ as second path to leave deleted rows out`;
  return { ...files, warnings: [...files.warnings, warning] };
}

/** As `listLogs`, of a folder that nobody has named: where it may not be read there is none. */
async function listBeside(sources: Sources, path: string, bucket: string | undefined): Promise<SourceRef[]> {
  try {
    return await listLogs(sources, path, bucket);
  } catch (error) {
    const isUnreadable = error instanceof ImportError && ["path_refused", "path_denied"].includes(error.code);
    if (isUnreadable) return [];
    throw error;
  }
}

/**
 * Groups of the files of a partition, each a segment.
 * @param from the folder that was asked for @param deltas all that may delete some of the rows
 * @throws {ImportError} `request_invalid` for paths that are no logs, and for too many
 */
export function segmentsOf(
  from: string,
  { logs, segments }: { readonly logs: readonly SourceRef[]; readonly segments: readonly GroupedSegment[] },
  deltas: readonly SourceRef[],
): RequestFiles {
  const own = Map.groupBy(deltas, ({ path }) => idAt(path, -2, "segment"));
  const bare = segments.filter(({ files }) => files.length === 0);
  const withRows = [...loggedSegments(logs), ...segments.filter((segment) => !bare.includes(segment))];
  const ids = new Set(withRows.map(({ id }) => id));
  const others = [...[...own].filter(([id]) => !ids.has(id)), ...bare.map(({ id, deltas }) => [id, deltas] as const)];
  const ofAll = others.flatMap(([, files]) => files);
  if (logs.length + deltas.length + ofAll.length * withRows.length > MAX_LOGS) throw tooMany(from);
  const groups = withRows.map(({ id, folder, files, deltas, options }): FoundGroup => {
    const all = [...deltas, ...(own.get(id) ?? []), ...ofAll];
    const optionsOf = { ...options, [DELTA_LOGS]: String(all.length) };
    return {
      ...{ format: "binlog", from, shownAs: folder, files: [...files, ...all] },
      options: optionsOf,
      partition: new Map(),
    };
  });
  if (others.length === 0) return { groups, warnings: [] };
  const names = excerptOfList(others.map(([id]) => id));
  const warning = `${from}: delta logs of segments without rows here apply to all of its rows: ${names}`;
  return { groups, warnings: [warning] };
}

/** Those whose logs lie in folders of their fields. */
function loggedSegments(logs: readonly SourceRef[]): GroupedSegment[] {
  for (const { path } of logs) idAt(path, -2, "field");
  return [...Map.groupBy(logs, ({ path }) => idAt(path, -3, "segment"))].map(([id, files]) => {
    const folder = files[0].path.split("/").slice(0, -2).join("/");
    return { ...{ id, folder, files }, deltas: [], options: {} };
  });
}

/** All files below a folder that may be logs. @throws {ImportError} as `Sources.list` */
export async function listLogs(sources: Sources, path: string, bucket: string | undefined): Promise<SourceRef[]> {
  const logs: SourceRef[] = [];
  for await (const file of sources.list(path, {}, bucket)) {
    const names = file.path.slice(path.length).split("/");
    if (names.some((name) => name.startsWith("."))) continue;
    if (logs.push(file) > MAX_LOGS) throw tooMany(path);
  }
  return logs;
}

/** The id that a path has from its end on. */
export function idAt(path: string, position: number, what: "segment" | "field" | "log"): string {
  const name = path.split("/").at(position) ?? "";
  if (/^\d{1,19}$/.test(name)) return name;
  const reason = `failed to parse ${what} id from log path, expected …/SEGMENT/FIELD/LOG of insert logs and …/SEGMENT/LOG of delta logs`;
  throw new ImportError("request_invalid", reason, { file: path });
}

function tooMany(path: string): ImportError {
  return invalid(`the folder has more than ${MAX_LOGS} logs: import its segments in several jobs`, path);
}

function invalid(reason: string, file?: string): ImportError {
  return new ImportError("request_invalid", reason, file === undefined ? undefined : { file });
}
