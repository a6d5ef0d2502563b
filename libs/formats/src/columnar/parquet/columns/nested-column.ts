import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import type { ColumnReader } from "./column-reader.ts";
import { NestedRows } from "./nested-rows.ts";

/** How many are held at a time before they become values of the field: of either, about. */
export interface NestedStep {
  readonly rows: number;
  readonly entries: number;
}

/** One field out of one leaf inside of lists, some rows at a time. */
export abstract class NestedColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  abstract readonly mayStop: boolean;
  protected readonly rows: NestedRows;
  readonly #step: NestedStep;
  /** Row of the file that is read next. */
  protected row = 0;

  /** @param position of the field */
  constructor(position: number, leaf: LeafReader, step: NestedStep) {
    this.fields = [position];
    this.leaves = [leaf];
    this.rows = new NestedRows(leaf);
    this.#step = step;
  }

  abstract fill(rows: number, softBytes: number): Promise<number>;

  abstract take(rows: number): readonly Column[];

  begin(group: RowGroupInfo): void {
    this.row = group.firstRow;
    this.rows.begin();
  }

  finish(): Promise<void> {
    return this.rows.checkEnd();
  }

  /** Reads some of `wanted` rows, and has them put where they belong; answers how many. @throws {ImportError} at the leaf's place */
  protected async step(wanted: number, put: (count: number) => void): Promise<number> {
    const count = await this.rows.read(Math.min(wanted, this.#step.rows), this.#step.entries, this.row);
    try {
      put(count);
    } catch (error) {
      throw this.rows.leaf.explain(error);
    }
    return count;
  }
}
