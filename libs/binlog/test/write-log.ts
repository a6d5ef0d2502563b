import type { Column } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import { encodeInsertLog, type InsertLogOptions } from "../src/index.ts";

/** A whole insert log of one column, with ids and times that do not matter. */
export function writeLog(
  field: FieldSchema,
  column: Column,
  rowCount: number,
  more: Partial<InsertLogOptions> = {},
): Buffer {
  const pieces = encodeInsertLog({
    collectionId: 1n,
    partitionId: 2n,
    segmentId: 3n,
    fieldId: field.fieldId,
    dataType: field.dataType,
    elementType: field.elementType,
    dim: field.dim,
    nullable: field.nullable,
    column,
    rowCount,
    minTimestamp: 445644800000000000n,
    maxTimestamp: 445644800000000001n,
    nowMs: 1_700_000_000_000,
    dialect: field.nullable ? "2.5" : "2.3",
    ...more,
  });
  return Buffer.concat(pieces);
}
