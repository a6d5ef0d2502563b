import type { HeldMemory } from "@sluice/async";
import type { LeafReader, SchemaNode } from "@sluice/parquet";
import type { CollectionSchema } from "@sluice/schema";
import type { DynamicColumn } from "../../../plan/dynamic-column.ts";
import type { RowRejects } from "../../../row-rejects.ts";

/** What the columns of one reading share. */
export interface ReadContext {
  readonly schema: CollectionSchema;
  readonly dynamic: DynamicColumn;
  readonly rejects: RowRejects;
  /** See `FieldOptions`. */
  readonly nanIsNull?: boolean | undefined;
  /** Whose memory columns are made in; absent: their own. */
  readonly memory?: HeldMemory;
  /** Opens the reader of a leaf. */
  readonly open: (node: SchemaNode) => LeafReader;
}
