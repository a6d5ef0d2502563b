import { joinLogs, type SegmentRecord, type Visibility } from "@sluice/catalog";

/** The segment with the logs that later changes gave it. */
export function extended(record: SegmentRecord, visibility: Visibility | undefined): SegmentRecord {
  return visibility?.extension ? { ...record, ...joinLogs(record, visibility.extension) } : record;
}
