import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";

/** What a column of a part is kept under: no two logs have one id, and a part is one log of each field. */
export function columnKey({ segmentId, insertLogs }: SegmentLogs, { fieldId }: FieldSchema): string {
  return `${segmentId}/${fieldId}/${insertLogs[0].logIds[0]}`;
}

/** The id of the segment that a key is of: all keys begin with it. */
export function segmentOfKey(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/**
 * What a kept value takes beside its bytes: its entry, key and promise, the objects around its arrays. Measured on 37,000 small ones: without it a
 * budget of gigabytes would let millions of them fill the heap.
 */
export const ENTRY_BYTES = 2048;

/** Bytes of a column in memory. */
export function sizeOf(column: Column): number {
  return (
    ENTRY_BYTES +
    column.data.byteLength +
    (column.validity?.byteLength ?? 0) +
    (column.kind === "var" ? column.offsets.byteLength : 0)
  );
}
