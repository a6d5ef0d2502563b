import { mapConcurrent } from "@sluice/async";
import { excerptOfList } from "@sluice/errors";
import { COLUMN_GROUPS, type ColumnGroup, firstRowIds } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { ROW_ID_FIELD } from "@sluice/schema";
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
 * but the result begins with the first row that is left of the first of them. Where a thousand before that one were deleted, or the
 * compaction has sorted the rows by another key than the clock's, they are not found.
 */
export async function warnOfReplaced(sources: Sources, groups: readonly FoundGroup[]): Promise<string[]> {
  if (groups.length < 2) return [];
  const looked = groups.slice(0, MAX_SEGMENTS);
  const ids = await Array.fromAsync(mapConcurrent(looked, CONCURRENCY, (group) => rowIdsOf(sources, group)));
  const warnings = sharedRows(ids).map((those) => warningOf(those.map((i) => looked[i])));
  if (groups.length === looked.length) return warnings;
  const others = `${groups.length - looked.length} of ${groups.length} segments were not looked at for what a compaction has replaced`;
  return [...warnings, others];
}

/**
 * Which segments hold a row that one of them begins with: in groups, by their places; what several were merged into is in the group of all.
 * @param ids of the first rows of each segment
 */
export function sharedRows(ids: readonly BigInt64Array[]): number[][] {
  const spans = ids.map(spanOf);
  const groups = new Set<Set<number>>();
  for (const [first] of ids) {
    if (first === undefined || first < LEAST_GIVEN_ID) continue;
    const those = [...ids.keys()].filter((i) => isIn(first, spans[i]) && ids[i].includes(first));
    if (those.length > 1) addTo(groups, new Set(those));
  }
  return Array.from(groups, (group) => [...group].sort((a, b) => a - b));
}

/** With the groups that share one of them. */
function addTo(groups: Set<Set<number>>, those: ReadonlySet<number>): void {
  let joined = new Set(those);
  for (const group of groups) {
    if (group.isDisjointFrom(those)) continue;
    groups.delete(group);
    joined = joined.union(group);
  }
  groups.add(joined);
}

type Span = readonly [least: bigint, most: bigint];

/** A thousand segments are compared with each other: few are looked through. */
function spanOf(ids: BigInt64Array): Span {
  let [least, most] = [ids[0] ?? 0n, ids[0] ?? 0n];
  for (const id of ids) {
    if (id < least) least = id;
    else if (id > most) most = id;
  }
  return [least, most];
}

function isIn(id: bigint, [least, most]: Span): boolean {
  return least <= id && id <= most;
}

async function rowIdsOf(sources: Sources, group: FoundGroup): Promise<BigInt64Array> {
  const first = firstLog(group);
  if (!first) return new BigInt64Array(0);
  await using file = await sources.open(first);
  return await firstRowIds(file, Number(ROW_IDS), new AbortController().signal);
}

/** The first log of those with the row ids. */
function firstLog({ files, options }: FoundGroup): SourceRef | undefined {
  const groups = options?.[COLUMN_GROUPS];
  if (groups !== undefined) return firstOfGroup(files, JSON.parse(groups));
  const logs = files.filter(({ path }) => path.split("/").at(-2) === ROW_IDS);
  return logs.toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1))[0];
}

function firstOfGroup(files: readonly SourceRef[], groups: readonly ColumnGroup[]): SourceRef | undefined {
  let at = 0;
  for (const { columns, rows } of groups) {
    if (columns?.includes(ROW_ID_FIELD)) return files[at];
    at += rows.length;
  }
  return undefined;
}

function numberOf({ path }: Pick<SourceRef, "path">): bigint {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^\d{1,20}$/.test(name) ? BigInt(name) : 0n;
}

function warningOf(alike: readonly FoundGroup[]): string {
  const ids = excerptOfList(alike.map(({ shownAs }) => String(shownAs).split("/").at(-1) ?? ""));
  return `segments ${ids} have the same rows, as what a compaction of Milvus has replaced and what it has made of it do: these come twice, and what was deleted since comes back; import those alone that count (utility.get_query_segment_info)`;
}
