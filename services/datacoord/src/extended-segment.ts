import type { SegmentExtension, SegmentRecord } from "@sluice/catalog";
import type { LogLists } from "@sluice/schema";

/** The segment with the logs that later changes gave it. */
export function extended(record: SegmentRecord, extensions: readonly SegmentExtension[]): SegmentRecord {
  const joined = (kind: "insertLogs" | "statsLogs" | "bm25Logs") =>
    [record, ...extensions].flatMap((lists) => lists[kind] ?? []);
  if (extensions.length === 0) return record;
  const all = {
    ...record,
    insertLogs: joined("insertLogs"),
    statsLogs: joined("statsLogs"),
    bm25Logs: joined("bm25Logs"),
  };
  return { ...all, ...deletesOf(record, extensions) };
}

/** Deletes of a segment's rows as the last change left them: each one names all of them. */
export function deletesOf(
  record: SegmentRecord,
  extensions: readonly SegmentExtension[],
): Pick<LogLists, "deltaLogs" | "deletedRows"> {
  const { deltaLogs, deletedRows } = extensions.findLast(({ deltaLogs: logs }) => logs) ?? record;
  return deltaLogs ? { deltaLogs, deletedRows } : {};
}
