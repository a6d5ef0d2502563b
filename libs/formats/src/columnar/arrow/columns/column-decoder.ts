import type { Column } from "@sluice/columns";
import type { CollectionSchema } from "@sluice/schema";
import type { DynamicColumn } from "../../../plan/dynamic-column.ts";
import type { RowRejects } from "../../../row-rejects.ts";
import type { ArrowField } from "../ipc/arrow-type.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";

/** What all columns of one reader share. */
export interface DecodeContext {
  readonly schema: CollectionSchema;
  /** What `$meta` takes. */
  readonly dynamic: DynamicColumn;
  readonly rejects: RowRejects;
  /** See `FieldOptions`. */
  readonly nanIsNull?: boolean | undefined;
  /** The file, for errors. */
  readonly path: string;
}

/**
 * Makes columns of fields from values of the same rows, which may be changed. The columns are valid until the next call.
 * @param values parallel to the paths of its plan
 * @param row row of the file of the first value
 * @throws {ImportError} `value_invalid`, located
 */
export type ColumnDecoder = (values: readonly ArrowValues[], count: number, row: number) => readonly Column[];

/** How the columns of some fields are made from the file. */
export interface ArrowColumnPlan {
  /** Positions in `schema.fields`. */
  readonly fields: readonly number[];
  /** Columns of the file, each by the structs that it lies in and itself. */
  readonly paths: readonly (readonly ArrowField[])[];
  /** Once for each reader: the decoder may keep memory from batch to batch. */
  open(context: DecodeContext): ColumnDecoder;
}
