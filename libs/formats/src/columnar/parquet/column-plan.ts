import type { ColumnReader } from "./columns/column-reader.ts";
import type { ReadContext } from "./columns/read-context.ts";

/** How the columns of one field, or of one struct array, are made from the file. */
export type ColumnPlan = (context: ReadContext) => ColumnReader;
