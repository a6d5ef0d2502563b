import type { Column } from "@sluice/columns";
import type { LeafReader, RowGroupInfo } from "@sluice/parquet";
import type { ColumnReader } from "./column-reader.ts";

/** High word of 2^53. */
const HIGH_LIMIT = 1 << 21;

/**
 * Int64 values that have been doubles: beyond 2^53 they may be others than were meant, which nothing in them shows. Tells of the
 * first one. Reads as the column within does.
 */
export class OnceFloats implements ColumnReader {
  readonly #inner: ColumnReader;
  readonly #tell: (row: number, value: bigint) => void;
  /** Row of the file with which the next batch begins. */
  #row = 0;
  #isTold = false;

  /** @param inner of one field, with Int64 values @param tell called once at most */
  constructor(inner: ColumnReader, tell: (row: number, value: bigint) => void) {
    this.#inner = inner;
    this.#tell = tell;
  }

  get fields(): readonly number[] {
    return this.#inner.fields;
  }

  get leaves(): readonly LeafReader[] {
    return this.#inner.leaves;
  }

  get mayStop(): boolean {
    return this.#inner.mayStop;
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#inner.begin(group);
  }

  fill(rows: number, softBytes: number): Promise<number> {
    return this.#inner.fill(rows, softBytes);
  }

  take(rows: number): readonly Column[] {
    const columns = this.#inner.take(rows);
    if (!this.#isTold) this.#look(columns[0].data, rows);
    this.#row += rows;
    return columns;
  }

  finish(): Promise<void> {
    return this.#inner.finish();
  }

  #look({ buffer, byteOffset }: Uint8Array, rows: number): void {
    const words = new Int32Array(buffer, byteOffset, rows * 2);
    for (let i = 0; i < rows && !this.#isTold; i++) {
      const high = words[2 * i + 1];
      if (high < HIGH_LIMIT && (high > -HIGH_LIMIT || (high === -HIGH_LIMIT && words[2 * i] !== 0))) continue;
      this.#isTold = true;
      this.#tell(this.#row + i, new BigInt64Array(buffer, byteOffset + 8 * i, 1)[0]);
    }
  }
}
