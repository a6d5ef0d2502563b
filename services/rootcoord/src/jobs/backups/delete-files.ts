import { ImportError } from "@sluice/errors";
import { DELTA_LOGS } from "@sluice/formats";
import type { ImportSpec } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { pathListsOf, type RequestedFiles } from "../path-lists.ts";
import type { FoundGroup, RequestFiles } from "../request-files.ts";
import { readGrouped, splitGrouped } from "./grouped-segments.ts";
import { idAt, listLogs } from "./segment-files.ts";

/**
 * Finds the delta logs of a request with `l0_import=true`: each list of paths is one folder of them (`…/SEGMENT/LOG`), and a group.
 * Source: import semantics §1.2, binlog format §8.
 * @throws {ImportError} `request_invalid` in Milvus's words; `file_not_found` for a folder without logs; others as `Sources.list`
 */
export async function findDeletes(
  sources: Sources,
  request: RequestedFiles,
  { bucket }: Pick<ImportSpec, "bucket">,
): Promise<RequestFiles> {
  if (request.chunks && request.chunks.length > 0)
    throw invalid("options.external_data.chunks: l0_import=true takes a folder, by the path of the request");
  const groups: FoundGroup[] = [];
  for (const { paths } of pathListsOf(request)) {
    if (paths.length !== 1) throw invalid(`there should be one prefix for l0 import, but got [${paths.join(", ")}]`);
    groups.push(await findFolder(sources, paths[0].endsWith("/") ? paths[0] : `${paths[0]}/`, bucket));
  }
  return { groups, warnings: [] };
}

async function findFolder(sources: Sources, folder: string, bucket: string | undefined): Promise<FoundGroup> {
  const { logs, grouped } = splitGrouped(await listLogs(sources, folder, bucket));
  const { segments } = await readGrouped(sources, grouped);
  const files = [...logs, ...segments.flatMap(({ deltas }) => deltas)];
  if (files.length === 0)
    throw new ImportError("file_not_found", `no delta logs for l0 segments, prefix=${folder}`, { file: folder });
  for (const { path } of files) idAt(path, -1, "log");
  const options = { [DELTA_LOGS]: String(files.length) };
  return { format: "binlog", from: folder, shownAs: folder, files, options, partition: new Map() };
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", reason);
}
