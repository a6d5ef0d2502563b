import type { ObjectSource } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import type { FileProbe } from "../../format-reader.ts";
import { openNpyColumns } from "./open-columns.ts";

/**
 * Row count of a set of NumPy arrays, from the headers; it may be cut between any two rows.
 * @throws {ImportError} what reading the set would refuse before its first row
 */
export async function probeNpy(sources: readonly ObjectSource[], schema: CollectionSchema): Promise<FileProbe> {
  const [{ rowCount }] = await openNpyColumns(sources, schema);
  return { rowCount, cuts: "anywhere", extent: rowCount };
}
