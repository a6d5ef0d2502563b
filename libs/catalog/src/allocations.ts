import type { Table } from "./table.ts";

/** How far something is handed out: everything below `limit` may be in use, nothing at or above it is. */
export interface AllocationRecord {
  readonly name: "ids" | "tso";
  readonly limit: bigint;
}

/** Written by the rootcoord, before anyone gets what lies below the limit. */
export const ALLOCATIONS: Table<AllocationRecord, AllocationRecord["name"]> = {
  name: "alloc",
  idOf: ({ name }) => name,
};
