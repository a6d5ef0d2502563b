import { type Column, FixedBuffer } from "@sluice/columns";
import { Damage, emptyDefinition, type LeafReader, type ListNode, type RowGroupInfo } from "@sluice/parquet";
import type { FieldSchema } from "@sluice/schema";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { type ElementRule, finiteCheck } from "../../../numbers/elements.ts";
import { type ColumnReader, checkNoMoreRows, shortColumn } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { describeValue } from "./leaf-rule.ts";
import type { ReadContext } from "./read-context.ts";
import { nullElementWords, wrongElementWords, wrongLengthWords } from "./vector-words.ts";

/** Elements converted at a time. */
const STEP = 4096;

/**
 * Dense vectors that come as lists. No row is ever built: the levels are checked run by run to be one list of the right
 * length after the other, and the values of many rows are copied at once. The first row that is not ends the reading: where
 * rows are rejected one by one, `RaggedVectorColumn` takes its place.
 */
export class VectorColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = false;
  readonly #leaf: LeafReader;
  readonly #list: ListNode;
  readonly #rule: ElementRule;
  readonly #output: FixedOutput;
  /** Elements of a list: dimensions, or bytes where the vector comes as bytes. */
  readonly #perRow: number;
  /** Check of the finished rows, for halves that come as bytes. */
  readonly #rowCheck: ElementType | undefined;
  readonly #scratch = new FixedBuffer();
  /** Row of the file at which the batch starts, finished rows of the batch, elements of the row that is not finished. */
  #firstRow = 0;
  #groupRow = 0;
  #done = 0;
  #inRow = 0;
  /** Entries known to have values, not yet taken. */
  #ahead = 0;
  /** Level of the null that was taken last; -1: something else was. */
  #nullLevel = -1;
  /** Elements of the batch that are in the column: all but those that are taken from the levels and not yet read. */
  #written = 0;

  /** @param rowCheck element type of the vectors that the bytes of a row make up, where these have to be checked */
  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    list: ListNode,
    rule: ElementRule,
    rowCheck: ElementType | undefined,
    { rejects, memory }: ReadContext,
  ) {
    this.fields = [position];
    this.leaves = [leaf];
    this.#leaf = leaf;
    this.#list = list;
    this.#rule = rule;
    this.#rowCheck = rowCheck;
    this.#output = new FixedOutput(field, rejects, memory);
    this.#perRow = this.#output.width / elementWidth[rule.to];
  }

  begin(group: RowGroupInfo): void {
    this.#firstRow = this.#groupRow = group.firstRow;
    this.#done = this.#inRow = this.#ahead = 0;
    this.#nullLevel = -1;
  }

  async fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    this.#firstRow += this.#done;
    this.#done = 0;
    this.#written = 0;
    while (this.#done < rows) {
      if (this.#leaf.left === 0 && !(await this.#leaf.page())) throw this.#endOfChunk();
      try {
        this.#fillFromPage(rows);
      } catch (error) {
        throw this.#leaf.explain(error);
      }
    }
    this.#checkRows(rows);
    return rows;
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  async finish(): Promise<void> {
    while (await this.#leaf.page()) if (!this.#skipAbsent()) return this.#refuseMore();
  }

  async #refuseMore(): Promise<void> {
    try {
      if (this.#leaf.repetitions!.takeEqual(0, 1) === 0) throw this.#tooLong();
    } catch (error) {
      throw this.#leaf.explain(error);
    }
    await checkNoMoreRows(this.#leaf);
  }

  #fillFromPage(rows: number): void {
    const leaf = this.#leaf;
    while (this.#done < rows && leaf.left > 0) {
      if (this.#nullLevel >= 0 && this.#skipAbsent()) continue;
      const place = this.#inRow === 0 ? leaf.repetitions!.place : -1;
      if (this.#inRow === 0 && !this.#beginRow()) continue;
      this.#continueRow();
      if (place >= 0 && this.#inRow === 0) this.#takeCopies(place, rows);
    }
    this.#readValues();
  }

  /** Takes the first element of a row; false when the row was null instead, and is done. */
  #beginRow(): boolean {
    const leaf = this.#leaf;
    if (leaf.repetitions!.takeEqual(0, 1) === 0) throw this.#tooLong();
    if (this.#ahead === 0)
      this.#ahead = leaf.definitions ? leaf.definitions.takeEqual(leaf.node.definition, leaf.left) : leaf.left;
    if (this.#ahead === 0) {
      this.#nullRow(leaf.definitions!.next());
      leaf.used(1);
      return false;
    }
    this.#ahead--;
    leaf.used(1);
    this.#inRow = 1;
    return true;
  }

  /** DuckDB writes a NULL of its FLOAT[n] as n entries of an absent list. True: some were there, and are taken. */
  #skipAbsent(): boolean {
    const leaf = this.#leaf;
    if (this.#nullLevel < 0) return false;
    const count = leaf.repetitions!.takeEqual(1, leaf.left);
    if (count > 0 && leaf.definitions!.takeEqual(this.#nullLevel, count) !== count)
      throw new Damage("a list is absent and has elements");
    leaf.used(count);
    if (leaf.left > 0) this.#nullLevel = -1;
    return count > 0;
  }

  #continueRow(): void {
    const leaf = this.#leaf;
    const wanted = Math.min(this.#perRow - this.#inRow, leaf.left);
    const got = wanted === 0 ? 0 : leaf.repetitions!.takeEqual(1, wanted);
    if (got > this.#ahead) this.#ahead += leaf.definitions!.takeEqual(leaf.node.definition, leaf.left - this.#ahead);
    if (got > this.#ahead) throw this.#nullElement();
    this.#ahead -= got;
    leaf.used(got);
    this.#inRow += got;
    if (this.#inRow === this.#perRow) {
      this.#inRow = 0;
      this.#done++;
    } else if (leaf.left > 0) throw this.#wrongLength(this.#firstRow + this.#done, String(this.#inRow));
  }

  /** Rows whose levels are encoded as those of the row that has just ended, and that began at `place`: mostly all of a page. */
  #takeCopies(place: number, rows: number): void {
    const leaf = this.#leaf;
    const perRow = this.#perRow;
    const wanted = Math.min(rows - this.#done, Math.floor(leaf.left / perRow));
    if (this.#ahead < wanted * perRow)
      this.#ahead += leaf.definitions!.takeEqual(leaf.node.definition, leaf.left - this.#ahead);
    const copies = leaf.repetitions!.takeCopies(place, Math.min(wanted, Math.floor(this.#ahead / perRow)));
    this.#ahead -= copies * perRow;
    leaf.used(copies * perRow);
    this.#done += copies;
  }

  /** The list is null, or empty, or begins with a null. */
  #nullRow(level: number): void {
    if (level > this.#leaf.node.definition)
      throw new Damage(`a definition level exceeds ${this.#leaf.node.definition}`);
    const row = this.#firstRow + this.#done;
    if (level === emptyDefinition(this.#list)) throw this.#wrongLength(row, "0");
    if (level > emptyDefinition(this.#list)) throw this.#nullElement();
    this.#readValues();
    this.#output.setNull(this.#done, row, this.#leaf.at);
    this.#nullLevel = level;
    this.#done++;
    this.#written += this.#perRow;
  }

  /** Reads the values of all entries that were taken since the last call. */
  #readValues(): void {
    const count = this.#done * this.#perRow + this.#inRow - this.#written;
    if (count === 0) return;
    if (this.#rule.convert) this.#convertValues(count);
    else {
      const { buffer } = this.#output;
      this.#leaf.readFixed(count, buffer.bytes, this.#written * elementWidth[this.#rule.to]);
      const bad = this.#rule.check ? this.#rule.check(buffer, this.#written, count) : -1;
      if (bad >= 0) throw this.#refuse(buffer, this.#written + bad, this.#written + bad);
    }
    this.#written += count;
  }

  #convertValues(count: number): void {
    this.#scratch.reserve(STEP * this.#leaf.type.width);
    for (let done = 0; done < count; done += STEP) {
      const step = Math.min(STEP, count - done);
      this.#leaf.readFixed(step, this.#scratch.bytes, 0);
      const bad = this.#rule.convert!(this.#scratch, 0, step, this.#output.buffer, this.#written + done);
      if (bad >= 0) throw this.#refuse(this.#scratch, bad, this.#written + done + bad);
    }
  }

  #checkRows(rows: number): void {
    const check = this.#rowCheck && finiteCheck(this.#rowCheck);
    if (!check) return;
    const perRow = this.#output.width / elementWidth[this.#rowCheck!];
    const bad = check(this.#output.buffer, 0, rows * perRow);
    if (bad >= 0) throw this.#notFinite(this.#firstRow + Math.floor(bad / perRow), "NaN or infinity");
  }

  #refuse(values: FixedBuffer, index: number, element: number): Error {
    const row = this.#firstRow + Math.floor(element / this.#perRow);
    return this.#notFinite(row, describeValue(this.#leaf.type, values, index));
  }

  #notFinite(row: number, shown: string): Error {
    return this.#output.rules.invalid(wrongElementWords(this.#output.field, shown), row, this.#leaf.at);
  }

  #tooLong(): Error {
    if (this.#firstRow + this.#done === this.#groupRow) return new Damage("a page continues a row that was not begun");
    const more = this.#leaf.repetitions!.takeEqual(1, this.#leaf.left);
    return this.#wrongLength(this.#firstRow + this.#done - 1, String(this.#perRow + more));
  }

  #wrongLength(row: number, found: string): Error {
    const reason = wrongLengthWords(this.#output.field, this.#perRow, found);
    return this.#output.rules.invalid(reason, row, this.#leaf.at);
  }

  #nullElement(): Error {
    const row = this.#firstRow + this.#done;
    return this.#output.rules.invalid(nullElementWords(this.#output.field), row, this.#leaf.at);
  }

  #endOfChunk(): Error {
    const row = this.#firstRow + this.#done;
    return this.#inRow > 0 ? this.#wrongLength(row, String(this.#inRow)) : shortColumn(this.#leaf, row);
  }
}
