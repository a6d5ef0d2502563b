import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";

/** What a column of a part is kept under: no two logs have one id, and a part is one log of each field. */
export function columnKey({ insertLogs }: SegmentLogs, { fieldId }: FieldSchema): string {
  return `${fieldId}/${insertLogs[0].logIds[0]}`;
}

/** Bytes of a column in memory. */
export function sizeOf(column: Column): number {
  return (
    column.data.byteLength +
    (column.validity?.byteLength ?? 0) +
    (column.kind === "var" ? column.offsets.byteLength : 0)
  );
}
