import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import { type ColumnReader, checkNoMoreRows, shortColumn } from "./column-reader.ts";
import { FlatRuns } from "./flat-runs.ts";

/** A column with one entry a row: the way through the pages of its leaf. What rows become, `fillFromPage` says. */
export abstract class FlatColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  abstract readonly mayStop: boolean;
  protected readonly leaf: LeafReader;
  protected readonly runs: FlatRuns;
  /** Row of the file that is read next. */
  protected row = 0;

  constructor(position: number, leaf: LeafReader) {
    this.fields = [position];
    this.leaves = [leaf];
    this.leaf = leaf;
    this.runs = new FlatRuns(leaf);
  }

  begin(group: RowGroupInfo): void {
    this.row = group.firstRow;
    this.runs.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.open(rows, softBytes);
    while (this.rows < rows && !this.isFull) {
      if (this.leaf.left === 0 && !(await this.leaf.page())) throw shortColumn(this.leaf, this.row);
      try {
        this.fillFromPage(rows);
      } catch (error) {
        throw this.leaf.explain(error);
      }
    }
    return Math.min(rows, this.rows);
  }

  abstract take(rows: number): readonly Column[];

  finish(): Promise<void> {
    return checkNoMoreRows(this.leaf);
  }

  /** Begins a batch. */
  protected abstract open(rows: number, softBytes: number): void;

  /** Rows of the batch that are ready. */
  protected abstract get rows(): number;

  /** True: no more rows should be added. */
  protected get isFull(): boolean {
    return false;
  }

  /**
   * Takes rows from the current page, which has one at least, and counts them in `row`: until `rows` are ready, the page
   * ends, or the column is full. A loop of the column's own, since it turns once for every null.
   */
  protected abstract fillFromPage(rows: number): void;
}
