import type { Column } from "@sluice/columns";

/**
 * What a selector looks at in one piece. Its dearest test costs some hundred nanoseconds a byte (a list of lists in JSON), most
 * cost one: a slice takes some milliseconds at most.
 */
const SLICE_BYTES = 64 * 1024;
/** What a row counts beside its texts. */
const ROW_BYTES = 16;
/** Rows without texts cost a few nanoseconds each. */
export const MAX_SLICE_ROWS = 1 << 16;

/** The end of the slice that begins at row `from`: at least one row, however large. */
export function sliceEnd(columns: ReadonlyMap<number, Column>, from: number, rowCount: number): number {
  const texts = [...columns.values()].filter((column) => column.kind === "var");
  if (texts.length === 0) return Math.min(rowCount, from + MAX_SLICE_ROWS);
  let bytes = 0;
  let to = from;
  while (to < rowCount && bytes < SLICE_BYTES) {
    bytes += ROW_BYTES;
    for (const { offsets } of texts) bytes += offsets[to + 1] - offsets[to];
    to++;
  }
  return to;
}
