import { ImportError } from "@sluice/errors";
import type { RejectedRow } from "../format.ts";
import { type FileWindow, NEEDS_MORE } from "./file-windows.ts";
import type { RowScanner, RowText } from "./row-text.ts";

/** Walks from row to row through the windows. */
export class RowCursor<S extends RowScanner> {
  readonly #scanner: S;
  readonly #rows: RowText<S>["rows"];
  readonly #layout: RowText<S>["layout"];
  readonly #rejects: boolean;
  #state: "begin" | "row" | "behind" = "begin";
  #rowsDone = 0;
  /** Bad rows that nobody has taken yet, of one window at most; their rows count from the first one read. */
  readonly rejected: RejectedRow[] = [];
  /** The row that begins at `position`, or the next one behind it; counted from the first one read. */
  get row(): number {
    return this.#rowsDone;
  }

  /** What is before it in the window is done. */
  position = 0;

  /** @param rejects whether bad rows are put aside; otherwise the first one is the error */
  constructor({ scanner, rows, layout }: RowText<S>, rejects: boolean) {
    this.#rejects = rejects;
    this.#scanner = scanner;
    this.#rows = rows;
    this.#layout = layout;
  }

  /** Goes on in another window, which begins with what was not done. */
  open(window: FileWindow): void {
    this.#scanner.open(window);
    this.position = window.begin;
  }

  /** Parses rows until the batch is full, the rows are at their end, or more of the file is needed. */
  run(): "full" | "end" | "more" {
    try {
      for (;;) {
        if (this.#state === "row") {
          this.#parseRow();
          if (this.#rows.isFull) return "full";
        }
        if (!this.#findRow()) return "end";
      }
    } catch (error) {
      if (error === NEEDS_MORE) return "more";
      throw error;
    }
  }

  #parseRow(): void {
    this.#scanner.row = this.#rowsDone;
    this.position = this.#rejects ? this.#parseOrReject(this.position) : this.#rows.parse(this.position);
    this.#rowsDone++;
    this.#state = "behind";
  }

  #parseOrReject(start: number): number {
    const { rowCount } = this.#rows;
    try {
      const end = this.#rows.parse(start);
      this.#layout.checkBehind(this.#scanner, end);
      return end;
    } catch (error) {
      if (!(error instanceof ImportError) && error !== NEEDS_MORE) throw error;
      // A row that was complete before what stands behind it was looked at.
      if (this.#rows.rowCount > rowCount) this.#rows.drop();
      if (error === NEEDS_MORE) throw error;
      return this.#putAside(error as ImportError, start);
    }
  }

  #putAside(error: ImportError, start: number): number {
    const { bytes, window } = this.#scanner;
    const end = this.#endOfBadRow(error, start);
    const text = { bytes: this.#rows.textOf?.(start, end) ?? bytes.slice(start, end), byteOffset: window.base + start };
    this.rejected.push({ row: this.#rowsDone, error, text });
    return end;
  }

  /** Where even that cannot be told, the row's own fault is the error. */
  #endOfBadRow(error: ImportError, start: number): number {
    try {
      return this.#layout.endOfBadRow(this.#scanner, start);
    } catch (second) {
      throw second instanceof ImportError ? error : second;
    }
  }

  #findRow(): boolean {
    const { position } = this;
    this.#scanner.field = undefined;
    // Between rows, what is wrong belongs to the row before.
    this.#scanner.row = this.#rowsDone - 1;
    const found =
      this.#state === "begin"
        ? this.#layout.begin(this.#scanner, position)
        : this.#layout.next(this.#scanner, position);
    if (found < 0) return false;
    this.position = found;
    this.#state = "row";
    return true;
  }
}
