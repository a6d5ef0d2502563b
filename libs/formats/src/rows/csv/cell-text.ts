import { ImportError, type SourceLocation } from "@sluice/errors";
import { dataTypeName, type FieldSchema } from "@sluice/schema";
import { SENTINEL_BYTES } from "../file-windows.ts";
import { Scanner } from "../json/scanner.ts";
import type { CsvScanner } from "./csv-scanner.ts";

/** Writes the JSON of a cell's content into `out` and answers its length; -1 where the content has no such form. */
export type ToJson = (bytes: Uint8Array, start: number, stop: number, out: Uint8Array) => number;

/**
 * The content of one cell as JSON, in memory of its own: for the parsers of values of JSON rows. Whatever is wrong with it is
 * wrong with the cell's value, since the record is whole.
 */
export class CellText extends Scanner {
  readonly #cells: CsvScanner;
  readonly #type: string;
  #memory = new Uint8Array(0);

  constructor(cells: CsvScanner, field: FieldSchema) {
    super(cells.path);
    this.#cells = cells;
    this.field = field.name;
    this.#type = dataTypeName(field.dataType);
  }

  /** Takes the last cell, as it is or by another form; answers the position of its value. */
  load(toJson?: ToJson): number {
    const { data, start, stop } = this.#cells;
    const room = toJson ? 2 * (stop - start) + 2 : stop - start;
    if (room + SENTINEL_BYTES > this.#memory.length) this.#grow(room);
    const length = toJson ? toJson(data, start, stop, this.#memory) : stop - start;
    if (length < 0) return -1;
    if (!toJson) this.#memory.set(data.subarray(start, stop));
    this.#memory.fill(0, length, length + SENTINEL_BYTES);
    this.#show(length);
    return this.blanks(0);
  }

  #grow(room: number): void {
    this.#memory = new Uint8Array(2 * (room + SENTINEL_BYTES));
    this.view = new DataView(this.#memory.buffer);
  }

  #show(end: number): void {
    const window = { bytes: this.#memory, view: this.view, begin: 0, end, base: 0, isLast: true, isUtf8: true };
    this.open(window);
  }

  /** Behind the value nothing but blanks may stand. */
  close(p: number): void {
    const at = this.blanks(p);
    if (at < this.end) this.syntax(at, "the end of the cell");
  }

  override at(): SourceLocation {
    return this.#cells.at(this.#cells.cellAt);
  }

  override syntax(p: number, expected: string): never {
    const found = p < this.end ? this.shown(p) : "the end of the cell";
    return this.#cells.wrongType(this.#type, `: expected ${expected}, found ${found}`);
  }

  override invalid(_p: number, reason: string): never {
    throw new ImportError("value_invalid", reason, this.at());
  }

  override wrongType(p: number, type: string, why = ""): never {
    const detail = p > 0 && p < this.end ? `: found ${this.shown(p)}` : "";
    return this.#cells.wrongType(type, why || detail);
  }
}
