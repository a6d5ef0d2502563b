import { FixedBuffer } from "@sluice/columns";
import type { LeafReader } from "@sluice/parquet";
import { BytesSink, Damage } from "@sluice/parquet";
import { checkNoMoreRows, longColumn, shortColumn } from "./column-reader.ts";

/** Levels decoded at a time, at most and at least; between them by how many rows are asked for, since there may be many leaves. */
const MAX_WINDOW = 4096;
const MIN_WINDOW = 256;
/** Memory that a leaf of small rows gets along with. */
const FIRST_ENTRIES = 64;
/** Of lists, about. */
const ENTRIES_PER_ROW = 64;
/** Entries of one row, whatever the field allows: a run of levels may claim billions in a few bytes. */
const MAX_ROW_ENTRIES = 1 << 24;

/**
 * Some rows of a leaf, mostly one inside of lists, with their levels: what arrays, struct arrays and sparse vectors are made of.
 * Memory is used again from call to call.
 */
export class NestedRows {
  readonly leaf: LeafReader;
  /** Levels of the entries, `count` of them, and the entry at which each row starts; `rows + 1` of those. */
  repetitions = new Uint8Array(FIRST_ENTRIES);
  definitions = new Uint8Array(FIRST_ENTRIES);
  starts = new Int32Array(64);
  count = 0;
  rows = 0;
  /** The values of entries at the greatest definition level, dense; `fixed` where they have a width, else `texts`. */
  readonly fixed = new FixedBuffer();
  readonly texts = new BytesSink();
  valueCount = 0;
  #windowRepetitions = new Uint8Array(0);
  #windowDefinitions = new Uint8Array(0);
  #at = 0;
  #end = 0;
  /** Values of the current page that belong to the entries, and are not read. */
  #unread = 0;

  constructor(leaf: LeafReader) {
    this.leaf = leaf;
  }

  /** Another row group begins. */
  begin(): void {
    this.#at = this.#end = 0;
  }

  /**
   * Reads up to `rows` rows, fewer when `softEntries` are reached (never within a row), and answers how many.
   * @param row row of the file that comes next, for messages @throws {ImportError} also when there is none
   */
  async read(rows: number, softEntries: number, row: number): Promise<number> {
    this.count = this.rows = this.valueCount = 0;
    this.texts.clear();
    try {
      while (!this.#scan(rows, softEntries)) {
        this.#readValues();
        if (this.leaf.left === 0 && !(await this.leaf.page())) break;
        this.#nextWindow(this.leaf.repetitions ? rows * ENTRIES_PER_ROW : rows);
      }
      this.#readValues();
    } catch (error) {
      throw this.leaf.explain(error);
    }
    if (this.rows === 0) throw shortColumn(this.leaf, row);
    this.starts[this.rows] = this.count;
    return this.rows;
  }

  /** Values that a row has: its entries but for nulls and empty lists. */
  valuesOf(row: number): number {
    const greatest = this.leaf.node.definition;
    let count = 0;
    for (let k = this.starts[row]; k < this.starts[row + 1]; k++) if (this.definitions[k] === greatest) count++;
    return count;
  }

  /** @throws {ImportError} when entries are left */
  async checkEnd(): Promise<void> {
    if (this.#at < this.#end) throw longColumn(this.leaf);
    await checkNoMoreRows(this.leaf);
  }

  /** Takes entries from the window; true when the rows are complete because another one begins. */
  #scan(rows: number, softEntries: number): boolean {
    const greatest = this.leaf.node.definition;
    this.#reserve(this.#end - this.#at, rows);
    for (; this.#at < this.#end; this.#at++) {
      const repetition = this.#windowRepetitions[this.#at];
      const definition = this.#windowDefinitions[this.#at];
      if (repetition === 0) {
        if (this.rows === rows || (this.rows > 0 && this.count >= softEntries)) return true;
        this.starts[this.rows++] = this.count;
      } else if (this.rows === 0) throw new Damage("a page continues a row that was not begun");
      if (definition > greatest) throw new Damage(`a definition level exceeds ${greatest}`);
      if (definition === greatest) this.#unread++;
      this.repetitions[this.count] = repetition;
      this.definitions[this.count++] = definition;
    }
    if (this.rows > 0 && this.count - this.starts[this.rows - 1] > MAX_ROW_ENTRIES)
      throw new Damage(`a row has more than ${MAX_ROW_ENTRIES} elements`);
    return false;
  }

  /** @param wanted entries that are worth a look */
  #nextWindow(wanted: number): void {
    const count = Math.min(MAX_WINDOW, Math.max(MIN_WINDOW, wanted), this.leaf.left);
    if (count > this.#windowRepetitions.length) {
      this.#windowRepetitions = new Uint8Array(count);
      this.#windowDefinitions = new Uint8Array(count);
    }
    const { repetitions, definitions, node } = this.leaf;
    // Of a leaf in no list each entry is a row; where nothing can be null each has a value.
    if (repetitions) repetitions.read(count, this.#windowRepetitions, 0);
    else this.#windowRepetitions.fill(0, 0, count);
    if (definitions) definitions.read(count, this.#windowDefinitions, 0);
    else this.#windowDefinitions.fill(node.definition, 0, count);
    this.leaf.used(count);
    this.#at = 0;
    this.#end = count;
  }

  #readValues(): void {
    const count = this.#unread;
    if (count === 0) return;
    this.#unread = 0;
    const { width } = this.leaf.type;
    if (width > 0) {
      this.fixed.reserve((this.valueCount + count) * width, this.valueCount * width);
      this.leaf.readFixed(count, this.fixed.bytes, this.valueCount * width);
    } else this.leaf.readBytes(count, this.texts);
    this.valueCount += count;
  }

  #reserve(entries: number, rows: number): void {
    const size = this.count + entries;
    if (size > this.repetitions.length) {
      this.repetitions = grown(this.repetitions, size);
      this.definitions = grown(this.definitions, size);
    }
    if (rows < this.starts.length) return;
    const starts = new Int32Array(rows + 64);
    starts.set(this.starts);
    this.starts = starts;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(size, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
