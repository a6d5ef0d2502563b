import { mapConcurrent } from "@sluice/async";
import { excerptOfList } from "@sluice/errors";
import { firstRowId } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import type { FoundGroup } from "../request-files.ts";

/** Segments that are looked at, by a small read each: whoever asks for the import waits meanwhile. */
const MAX_SEGMENTS = 1000;
const CONCURRENCY = 16;
/** Milvus gives ids of rows by its clock. Smaller ones are numbers of rows in a file, which others have, too: Sluice writes these. */
const LEAST_GIVEN_ID = 2n ** 56n;
/** The directory that has the row ids: a field's own, or the first group's of columns. */
const ROW_IDS = "0";

/**
 * Segments that lie beside what a compaction of Milvus has made of them, which it removes hours later: nothing in the folder says so,
 * but the result begins with the first row that is left of the first of them. Where that row was deleted they are not found.
 */
export async function warnOfReplaced(sources: Sources, groups: readonly FoundGroup[]): Promise<string[]> {
  if (groups.length < 2) return [];
  const looked = groups.slice(0, MAX_SEGMENTS);
  const ids = await Array.fromAsync(mapConcurrent(looked, CONCURRENCY, (group) => rowIdOf(sources, group)));
  const byFirst = [...Map.groupBy(looked, (_, i) => ids[i])];
  const isRow = (id: bigint | undefined) => id !== undefined && id >= LEAST_GIVEN_ID;
  const warnings = byFirst.flatMap(([id, those]) => (isRow(id) && those.length > 1 ? [warningOf(those)] : []));
  if (groups.length === looked.length) return warnings;
  const others = `${groups.length - looked.length} of ${groups.length} segments were not looked at for what a compaction has replaced`;
  return [...warnings, others];
}

async function rowIdOf(sources: Sources, { files }: FoundGroup): Promise<bigint | undefined> {
  const logs = files.filter(({ path }) => path.split("/").at(-2) === ROW_IDS);
  if (logs.length === 0) return undefined;
  await using file = await sources.open(logs.reduce((least, log) => (numberOf(log) < numberOf(least) ? log : least)));
  return await firstRowId(file, Number(ROW_IDS), new AbortController().signal);
}

function numberOf({ path }: Pick<SourceRef, "path">): bigint {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^\d{1,20}$/.test(name) ? BigInt(name) : 0n;
}

function warningOf(alike: readonly FoundGroup[]): string {
  const ids = excerptOfList(alike.map(({ shownAs }) => String(shownAs).split("/").at(-1) ?? ""));
  return `segments ${ids} begin with the same row, as what a compaction of Milvus has replaced and what it has made of it do: their rows come twice, and what was deleted since comes back; import those alone that count (utility.get_query_segment_info)`;
}
