import type { Column } from "@sluice/columns";
import { copyShort, LONG_BYTES, placeTexts, viewOf } from "@sluice/kernels";
import {
  areAllFound,
  copyBytes,
  firstOfRun,
  type GrowingColumn,
  giveHeld,
  giveWords,
  grown,
  Nulls,
  Scratch,
  takeWords,
} from "./growing-memory.ts";

const FIRST_STARTS = 32;
/** Where the number of rows is known, memory is taken for so much more than the values so far let expect. */
const SLACK = 1.1;
/** A kernel finds texts in any order where they lie in the thread's arena: up to a third of it they do. */
const LARGE_TEXT_BYTES = 40 << 20;
/** Values that are brought into the processor before they are copied. */
const TOUCHED_ROWS = 256;
/** Values of any length, one behind the other: less than 4 GiB of them. */
export class GrowingVar implements GrowingColumn {
  readonly #nulls = new Nulls();
  readonly #gathered = new Scratch();
  readonly #validity = new Scratch();
  readonly #offsets = new Scratch();
  readonly #froms = new Scratch();
  #data = new Uint8Array(0);
  /** Where each value begins, and behind the last one where it ends. */
  #starts = new Uint32Array(0);
  #rows = 0;
  #expectedRows = 0;

  get bytes(): number {
    return this.#data.length + this.#starts.byteLength + this.#nulls.bytes;
  }

  get filledBytes(): number {
    return this.#end + 4 * this.#rows;
  }

  /** @throws {TypeError} for a column of one width */
  appendAll(column: Column, count: number): void {
    if (column.kind !== "var") throw new TypeError("values of one width where they vary");
    const { offsets, data, validity } = column;
    const at = this.#end;
    const end = at + offsets[count] - offsets[0];
    this.#makeRoom(end, this.#rows + count);
    this.#data.set(data.subarray(offsets[0], offsets[count]), at);
    const rows = this.#rows + count;
    if (rows >= this.#starts.length)
      this.#starts = grownStarts(this.#starts, Math.max(rows + 1, 2 * this.#starts.length));
    const starts = this.#starts;
    for (let i = 1, by = at - offsets[0], before = this.#rows; i <= count; i++) starts[before + i] = by + offsets[i];
    this.#nulls.setAll(this.#rows, validity, count);
    this.#rows = rows;
  }

  /** @throws {TypeError} for a column of one width */
  appendRows(column: Column, rows: Uint32Array): void {
    if (column.kind !== "var") throw new TypeError("values of one width where they vary");
    const { offsets, data: source, validity } = column;
    const count = this.#rows + rows.length;
    if (count >= this.#starts.length)
      this.#starts = grownStarts(this.#starts, Math.max(count + 1, 2 * this.#starts.length));
    const starts = this.#starts;
    let end = this.#end;
    const first = this.#rows;
    for (let i = 0; i < rows.length; i++) {
      starts[first + i] = end;
      end += offsets[rows[i] + 1] - offsets[rows[i]];
    }
    starts[count] = end;
    this.#makeRoom(end, count);
    const target = this.#data;
    const [from, to] = [viewOf(source), viewOf(target)];
    for (let i = 0; i < rows.length; i++) {
      const start = offsets[rows[i]];
      const [at, length] = [starts[first + i], starts[first + i + 1] - starts[first + i]];
      if (length > LONG_BYTES) target.set(source.subarray(start, start + length), at);
      else copyShort(from, start, to, at, length);
    }
    this.#nulls.setRows(first, validity, rows);
    this.#rows = count;
  }

  /** @param rows that have `end` bytes together */
  #makeRoom(end: number, rows: number): void {
    if (end <= this.#data.length) return;
    const length =
      rows < this.#expectedRows ? Math.ceil((end / rows) * this.#expectedRows * SLACK) : 2 * this.#data.length;
    this.#data = grown(this.#data, Math.max(end, length), LARGE_TEXT_BYTES);
  }

  reserve(rows: number): void {
    this.#expectedRows = rows;
    this.#starts = grownStarts(this.#starts, rows + 1);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const first = firstOfRun(rows);
    const offsets = this.#offsets.takeWords(rows.length + 1);
    offsets[0] = 0;
    if (this.#nulls.isNone && areAllFound(rows)) return this.#gatherFound(rows, offsets, first);
    const validity = this.#addLengthsOrNulls(rows, standIn, offsets);
    const data = this.#gathered.take(offsets[rows.length]);
    this.#copyValues(rows, standIn, offsets, data);
    return { kind: "var", offsets, data, validity };
  }

  /** Of values alone. @param first as of `firstOfRun` */
  #gatherFound(rows: Int32Array, offsets: Uint32Array, first: number): Column {
    const froms = this.#froms.takeWords(rows.length);
    this.#find(rows, offsets, froms);
    const data = this.#gathered.take(offsets[rows.length]);
    if (first >= 0) data.set(this.#data.subarray(this.#starts[first], this.#starts[first + rows.length]));
    else this.#copyFound(froms, offsets, data);
    return { kind: "var", offsets, data, validity: undefined };
  }

  /** Where each value lies. Nothing else is in the loop, so that the processor waits for many of the rows at once. */
  #find(rows: Int32Array, offsets: Uint32Array, froms: Uint32Array): void {
    const starts = this.#starts;
    for (let i = 0, bytes = 0; i < rows.length; i++) {
      const from = starts[rows[i]];
      froms[i] = from;
      bytes += starts[rows[i] + 1] - from;
      offsets[i + 1] = bytes;
    }
  }

  /** Answers which are values; undefined where all are. */
  #addLengthsOrNulls(rows: Int32Array, standIn: Uint8Array | null, offsets: Uint32Array): Uint8Array | undefined {
    const starts = this.#starts;
    const validity = this.#validity.take(rows.length);
    let [bytes, hasNulls] = [0, false];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const isNull = row < 0 ? standIn === null : this.#nulls.isNull(row);
      bytes += row < 0 ? (standIn?.length ?? 0) : starts[row + 1] - starts[row];
      offsets[i + 1] = bytes;
      validity[i] = isNull ? 0 : 1;
      hasNulls ||= isNull;
    }
    return hasNulls ? validity : undefined;
  }

  #copyFound(froms: Uint32Array, offsets: Uint32Array, target: Uint8Array): void {
    const source = this.#data;
    if (placeTexts(source, froms, offsets, target)) return;
    const [from, to] = [viewOf(source), viewOf(target)];
    for (let begin = 0; begin < froms.length; begin += TOUCHED_ROWS) {
      const end = Math.min(froms.length, begin + TOUCHED_ROWS);
      // It is written over; written at all, so that nobody leaves the reading out.
      target[offsets[begin]] = touch(source, froms, begin, end);
      for (let i = begin; i < end; i++) {
        const [at, length] = [offsets[i], offsets[i + 1] - offsets[i]];
        if (length > LONG_BYTES) target.set(source.subarray(froms[i], froms[i] + length), at);
        else copyShort(from, froms[i], to, at, length);
      }
    }
  }

  #copyValues(rows: Int32Array, standIn: Uint8Array | null, offsets: Uint32Array, data: Uint8Array): void {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const source = row < 0 ? standIn : this.#data;
      if (source) copyBytes(source, row < 0 ? 0 : this.#starts[row], data, offsets[i], offsets[i + 1] - offsets[i]);
    }
  }

  all(): Column {
    const rows = this.#rows;
    if (rows === 0) this.#starts = grownStarts(this.#starts, 1);
    const [offsets, data] = [this.#starts.subarray(0, rows + 1), this.#data.subarray(0, this.#end)];
    return { kind: "var", offsets, data, validity: this.#nulls.validity(rows) };
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }

  release(): void {
    giveHeld(this.#data);
    giveWords(this.#starts);
    [this.#data, this.#starts] = [new Uint8Array(0), new Uint32Array(0)];
    for (const one of [this.#nulls, this.#gathered, this.#validity, this.#offsets, this.#froms]) one.release();
  }

  /** Of the last value. */
  get #end(): number {
    return this.#rows === 0 ? 0 : this.#starts[this.#rows];
  }
}

/** Brings values from memory, many at once: a loop that copies them would wait for one after the other. */
function touch(source: Uint8Array, froms: Uint32Array, begin: number, end: number): number {
  let touched = 0;
  for (let i = begin; i < end; i++) touched |= source[froms[i]];
  return touched;
}

function grownStarts(starts: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= starts.length && starts.length > 0) return starts;
  const larger = takeWords(Math.max(FIRST_STARTS, length));
  larger[0] = 0;
  larger.set(starts);
  giveWords(starts);
  return larger;
}
