import type { Table } from "./table.ts";

/** A time in which garbage stays in storage. */
export interface GcPauseRecord {
  /** Random; who has it ends the pause before its time. */
  readonly ticket: string;
  /** Unix milliseconds. */
  readonly endMs: number;
}

/** Written by the datacoord. */
export const GC_PAUSES: Table<GcPauseRecord, string> = { name: "gc-pause", idOf: ({ ticket }) => ticket };
