import { type CollectionSchema, fixedWidth } from "@sluice/schema";

/** Greatest rows of a batch, however small they are. */
const MAX_BATCH_ROWS = 1 << 16;

/** As many rows as their fixed-width values allow in a batch. */
export function rowCapacity(schema: CollectionSchema, batchBytes: number): number {
  const fixedBytes = schema.fields.reduce((sum, field) => sum + fixedWidth(field), 0);
  return Math.max(1, Math.min(MAX_BATCH_ROWS, Math.ceil(batchBytes / Math.max(1, fixedBytes))));
}
