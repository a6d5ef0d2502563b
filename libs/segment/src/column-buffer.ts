import type { Column } from "@sluice/columns";
import type { RowRuns } from "./row-runs.ts";

/** Values of one field while a bucket fills. Memory is used again after each flush and only grows. */
export interface ColumnBuffer {
  /** Bytes that it holds allocated. */
  readonly allocatedBytes: number;
  /** Bytes that it would allocate more for these rows on top of `rowCount`. */
  growth(source: Column, runs: RowRuns, rowCount: number, rows: number): number;
  /** Appends the selected rows behind the `rowCount` it has; gives the bytes of their values. */
  append(source: Column, runs: RowRuns, rowCount: number, rows: number): number;
  /** What was appended; stays valid until the next append. */
  column(rowCount: number): Column;
  /** Forgets the rows and keeps the memory. */
  clear(): void;
  /** Gives its memory back. It is not used again. */
  release(): void;
}

/** How large a buffer gets before it is flushed: what growing does not pass. */
export interface BufferLimits {
  readonly rows: number;
  readonly bytes: number;
  /** All buffers may be as large as they get: those that will be take their memory at once, without copies. */
  readonly isRoomy?: boolean;
}
