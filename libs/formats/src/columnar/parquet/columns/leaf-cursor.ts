import { Damage, type LeafReader } from "@sluice/parquet";
import { NestedRows } from "./nested-rows.ts";

/** Entries of some rows of a leaf, looked at one after the other. */
export class LeafCursor {
  readonly rows: NestedRows;
  /** Position of the next value, among those of the rows. */
  value = 0;
  #entry = 0;
  #end = 0;
  /** Values before the row that comes next. */
  #valuesBefore = 0;
  readonly #greatest: number;

  constructor(leaf: LeafReader) {
    this.rows = new NestedRows(leaf);
    this.#greatest = leaf.node.definition;
  }

  /** Goes before the entries of a row, whatever was taken of the one before; rows in order. */
  open(row: number): void {
    if (row === 0) this.#valuesBefore = 0;
    this.value = this.#valuesBefore;
    this.#valuesBefore += this.rows.valuesOf(row);
    this.#entry = this.rows.starts[row];
    this.#end = this.rows.starts[row + 1];
  }

  /** Level of the next entry. @throws {Damage} where the row has none left */
  get definition(): number {
    if (this.#entry >= this.#end) throw new Damage("the leaves of a column differ in what they hold");
    return this.rows.definitions[this.#entry];
  }

  /** Does the row go on with an element of this list, or of one in it? @param repetition level of the list's elements */
  goesOn(repetition: number): boolean {
    return this.#entry < this.#end && this.rows.repetitions[this.#entry] >= repetition;
  }

  /** Steps over the next entry; answers the position of its value, or -1. */
  take(): number {
    const isValue = this.definition === this.#greatest;
    this.#entry++;
    return isValue ? this.value++ : -1;
  }

  /** Steps over an entry that stands for nothing, and over more of the same list: DuckDB writes an absent one as many. */
  skipAbsent(repetition: number): void {
    do if (this.take() >= 0) throw new Damage("a list or struct is absent and has values");
    while (this.goesOn(repetition));
  }

  /** All entries of the rows were looked at. */
  get isAtEnd(): boolean {
    return this.#entry === this.#end;
  }
}
