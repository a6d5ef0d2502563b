import { ImportError } from "@sluice/errors";
import type { RowRejects } from "../../../row-rejects.ts";
import { type FileWindow, FileWindows, NEEDS_MORE } from "../../file-windows.ts";
import { Scanner } from "../scanner.ts";
import type { ColumnValues, FoundColumn } from "./find-columns.ts";

/** What takes the values of one column. */
export interface ColumnTaker {
  /** For errors. */
  readonly field: string;
  /** Reads the value at `p` into a row of the batch; answers the position behind it. */
  take(scanner: Scanner, p: number, row: number): number;
  /** Leaves a row that was refused with any value. */
  pass(row: number): void;
}

const [CLOSE_LIST, CLOSE_OBJECT, COMMA] = [0x5d, 0x7d, 0x2c];

/** Reads one column of a file, from its first value on. */
export class ColumnCursor {
  readonly #values: ColumnValues;
  readonly #taker: ColumnTaker;
  readonly #rejects: RowRejects;
  readonly #scanner: Scanner;
  readonly #windows: FileWindows;
  #window: FileWindow | undefined;
  #at = 0;
  /** Values done. */
  #done = 0;
  /** Labels of the last rows read, as they are written, of columns that have such. */
  readonly labels: string[] = [];

  constructor(
    { source }: FoundColumn,
    values: ColumnValues,
    taker: ColumnTaker,
    rejects: RowRejects,
    chunkBytes: number,
    signal: AbortSignal,
  ) {
    this.#values = values;
    this.#taker = taker;
    this.#rejects = rejects;
    this.#scanner = new Scanner(source.path);
    this.#windows = new FileWindows(source, { chunkBytes, start: values.start, signal });
  }

  /** Field, struct array or member, for errors. */
  get field(): string {
    return this.#taker.field;
  }

  /** Its path, for errors. */
  get file(): string {
    return this.#scanner.path;
  }

  /** Bytes of the column that are done. */
  get doneBytes(): number {
    return this.#window ? this.#window.base + this.#at - this.#values.start : 0;
  }

  /** Gives back its windows. */
  async close(): Promise<void> {
    await this.#windows.close(this.#window);
  }

  /** Reads values into rows `[from, to)` of the batch. @throws {ImportError} where there are not as many, or one is refused */
  async fill(from: number, to: number): Promise<void> {
    this.labels.length = 0;
    if (!this.#window) await this.#more();
    for (let row = from; row < to; ) {
      row = this.#run(row, to);
      if (row < to) await this.#more();
    }
  }

  /** Behind the last value: the end of the column. */
  async finish(): Promise<void> {
    if (this.#values.count === 0) return;
    while (!this.#isAtEnd()) await this.#more();
  }

  #isAtEnd(): boolean {
    const scanner = this.#scanner;
    try {
      const at = scanner.blanks(this.#at);
      const closing = this.#values.isLabelled ? CLOSE_OBJECT : CLOSE_LIST;
      return scanner.bytes[at] === closing || scanner.syntax(at, "the end of the column");
    } catch (error) {
      if (error === NEEDS_MORE) return false;
      throw error;
    }
  }

  /** As far as the window goes; answers the next row. */
  #run(from: number, to: number): number {
    let row = from;
    try {
      for (; row < to; row++) this.#value(row);
    } catch (error) {
      if (error !== NEEDS_MORE) throw error;
    }
    return row;
  }

  #value(row: number): void {
    const scanner = this.#scanner;
    scanner.row = this.#done;
    scanner.field = undefined;
    let at = scanner.blanks(this.#at);
    if (this.#done > 0) at = this.#separated(at);
    let label: string | undefined;
    if (this.#values.isLabelled) {
      const end = scanner.keyEnd(at);
      label = scanner.text(at, end);
      at = scanner.colon(end);
    }
    scanner.field = this.#taker.field;
    this.#at = this.#take(at, row);
    if (label !== undefined) this.labels.push(label);
    this.#done++;
  }

  #separated(p: number): number {
    const scanner = this.#scanner;
    return scanner.bytes[p] === COMMA ? scanner.blanks(p + 1) : scanner.syntax(p, '"," between values');
  }

  /** A refused value is passed over where bad rows are put aside. */
  #take(p: number, row: number): number {
    try {
      const end = this.#taker.take(this.#scanner, p, row);
      // A number may go on in the next window.
      if (end >= this.#scanner.end) this.#scanner.syntax(end, "the end of the column");
      return end;
    } catch (error) {
      if (!this.#rejects.goesOn || !(error instanceof ImportError)) throw error;
      const end = this.#scanner.skipValue(p);
      this.#rejects.add(this.#done, error);
      this.#taker.pass(row);
      return end;
    }
  }

  async #more(): Promise<void> {
    this.#window = await this.#windows.next(this.#window, this.#at);
    this.#scanner.open(this.#window);
    this.#at = this.#window.begin;
  }
}
