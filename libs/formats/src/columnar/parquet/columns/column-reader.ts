import { type Column, standInOf } from "@sluice/columns";
import { ImportError, type SourceLocation } from "@sluice/errors";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { nullRefused } from "../../../plan/refusals.ts";
import type { RowRejects } from "../../../row-rejects.ts";

/**
 * Makes the stored columns of one field, or of one struct array, from its leaves: row group after row group, batch after
 * batch. Columns of varying length may stop before the asked number of rows, when they have grown enough; the batch then
 * has as many rows as the shortest, and the others keep what they have read ahead.
 */
export interface ColumnReader {
  /** Positions in `schema.fields`. */
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  /** True: `fill` may stop early. False: `fill` makes exactly the rows asked for, and `take` takes them all. */
  readonly mayStop: boolean;
  /** Starts a row group. All leaves are open. */
  begin(group: RowGroupInfo): void;
  /** Makes up to `rows` rows ready and answers how many are: at least one. @throws {ImportError} */
  fill(rows: number, softBytes: number): Promise<number>;
  /** The first `rows` rows, parallel to `fields`; borrowed until the next `fill`. */
  take(rows: number): readonly Column[];
  /** @throws {ImportError} when the row group has rows that were not asked for */
  finish(): Promise<void>;
}

/** What becomes of a null, and of values that a field does not take. */
export class FieldRules {
  readonly field: FieldSchema;
  /** See `standInOf`. */
  readonly standIn: Uint8Array | null | undefined;
  readonly rejects: RowRejects;

  constructor(field: FieldSchema, rejects: RowRejects) {
    this.field = field;
    this.standIn = standInOf(field);
    this.rejects = rejects;
  }

  /** @throws {ImportError} unless the field can do without a value in this row, or the row is rejected */
  checkNull(row: number, at: SourceLocation): void {
    if (this.standIn === undefined) this.refuse(nullRefused(this.field.name), row, at);
  }

  /**
   * Refuses a row; its value is then anything.
   * @param name another field than this one, where the fault is that one's
   * @throws {ImportError} where rows are not rejected one by one
   */
  refuse(reason: string, row: number, at: SourceLocation, name?: string): void {
    if (!this.rejects.has(row)) this.rejects.add(row, this.invalid(reason, row, at, name));
  }

  /** Code `value_invalid`. @param row of the file */
  invalid(reason: string, row: number, at: SourceLocation, name = this.field.name): ImportError {
    return new ImportError("value_invalid", reason, { ...at, row, field: name });
  }
}

/** A row group says how many rows it has; its columns have to agree. */
export function shortColumn(leaf: LeafReader, row: number): ImportError {
  const reason = `column '${leaf.node.path.join(".")}' ends before its row group does: imported rows are not aligned`;
  return new ImportError("malformed_file", reason, { ...leaf.at, row });
}

/** @throws {ImportError} `malformed_file` when a leaf goes on behind the rows of its group */
export async function checkNoMoreRows(leaf: LeafReader): Promise<void> {
  if (await leaf.page()) throw longColumn(leaf);
}

/** As `shortColumn`. */
export function longColumn(leaf: LeafReader): ImportError {
  const reason = `column '${leaf.node.path.join(".")}' has more rows than its row group: imported rows are not aligned`;
  return new ImportError("malformed_file", reason, leaf.at);
}
