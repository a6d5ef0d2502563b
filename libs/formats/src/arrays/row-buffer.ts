import { giveMemory, takeMemory } from "@sluice/async";
import { locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { ArrayColumn } from "./array-column.ts";
import { type RowSource, shortened } from "./row-source.ts";
import { transpose } from "./transpose.ts";

/** Reads in flight for one column in Fortran order, whose rows lie in as many places as they have elements. */
const STRIDED_READS = 16;

/** Memory for some rows of one column, filled again and again. What `rows` gave must not be read after it is disposed of. */
export class RowBuffer implements Disposable {
  readonly #column: ArrayColumn;
  readonly #from: Pick<SourceFile, "readInto">;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Rows in order, where the file has them otherwise. */
  readonly #turned: Uint8Array<ArrayBuffer> | undefined;

  /** @param from where rows that lie one after the other are read; the column's file unless given */
  constructor(column: ArrayColumn, maxRows: number, from: Pick<SourceFile, "readInto"> = column.source) {
    this.#column = column;
    this.#from = from;
    this.#bytes = takeMemory(maxRows * column.rowBytes);
    this.#turned = column.isStrided ? takeMemory(maxRows * column.rowBytes) : undefined;
  }

  /**
   * Reads `rows` rows from `firstRow` on.
   * @throws {ImportError} `malformed_file` when the file has become shorter, and as `ObjectStore.readInto`
   */
  async fill(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    if (this.#column.rows) return this.#fillFrom(this.#column.rows, firstRow, rows, signal);
    const { isStrided, dataOffset, rowBytes, rowCount } = this.#column;
    // All rows are one piece in either order.
    if (isStrided && rows < rowCount) return this.#fillStrided(firstRow, rows, signal);
    const target = this.#bytes.subarray(0, rows * rowBytes);
    await this.#read(dataOffset + firstRow * rowBytes, target, signal);
  }

  async #fillFrom(from: RowSource, firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    const { source, field, rowBytes } = this.#column;
    try {
      await from.read(firstRow, rows, this.#bytes.subarray(0, rows * rowBytes), signal);
    } catch (error) {
      throw locate(error, { file: source.path, field: field.name });
    }
  }

  /** The rows read last, one after the other; valid until the next `fill`. */
  rows(count: number): Uint8Array {
    if (!this.#turned) return this.#bytes;
    const { rowItems, dtype } = this.#column;
    transpose(this.#bytes, this.#turned, count, rowItems, dtype.itemBytes);
    return this.#turned;
  }

  [Symbol.dispose](): void {
    giveMemory(this.#bytes);
    if (this.#turned) giveMemory(this.#turned);
  }

  async #fillStrided(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    const { dataOffset, dtype, rowItems, rowCount } = this.#column;
    const pieceBytes = rows * dtype.itemBytes;
    const readItem = (item: number) => {
      const position = dataOffset + (item * rowCount + firstRow) * dtype.itemBytes;
      return this.#read(position, this.#bytes.subarray(item * pieceBytes, (item + 1) * pieceBytes), signal);
    };
    for (let item = 0; item < rowItems; item += STRIDED_READS) {
      const count = Math.min(STRIDED_READS, rowItems - item);
      await Promise.all(Array.from({ length: count }, (_, i) => readItem(item + i)));
    }
  }

  async #read(position: number, target: Uint8Array, signal: AbortSignal): Promise<void> {
    if (target.length === 0) return;
    const { source, field } = this.#column;
    try {
      const count = await this.#from.readInto(position, target, signal);
      if (count < target.length) throw shortened(position + count);
    } catch (error) {
      throw locate(error, { file: source.path, field: field.name });
    }
  }
}
