import type { Column } from "@sluice/columns";
import {
  areAllFound,
  copyBytes,
  firstOfRun,
  type GrowingColumn,
  giveHeld,
  grown,
  Nulls,
  Scratch,
} from "./growing-memory.ts";

/** Values of one width, a row behind the other. */
export class GrowingFixed implements GrowingColumn {
  readonly #width: number;
  readonly #nulls = new Nulls();
  readonly #gathered = new Scratch();
  readonly #validity = new Scratch();
  #data = new Uint8Array(0);
  #rows = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get bytes(): number {
    return this.#data.length + this.#nulls.bytes;
  }

  get filledBytes(): number {
    return this.#rows * this.#width;
  }

  appendAll({ data, validity }: Column, count: number): void {
    const at = this.#rows * this.#width;
    const end = at + count * this.#width;
    if (end > this.#data.length) this.#data = grown(this.#data, Math.max(end, 2 * this.#data.length));
    this.#data.set(data.subarray(0, end - at), at);
    this.#nulls.setAll(this.#rows, validity, count);
    this.#rows += count;
  }

  appendRows({ data, validity }: Column, rows: Uint32Array): void {
    const width = this.#width;
    const at = this.#rows * width;
    const end = at + rows.length * width;
    if (end > this.#data.length) this.#data = grown(this.#data, Math.max(end, 2 * this.#data.length));
    const target = this.#data.subarray(at, end);
    if (width === 8) gatherLongs(data, target, rows);
    else for (let i = 0; i < rows.length; i++) copyBytes(data, rows[i] * width, target, i * width, width);
    this.#nulls.setRows(this.#rows, validity, rows);
    this.#rows += rows.length;
  }

  reserve(rows: number): void {
    this.#data = grown(this.#data, rows * this.#width);
  }

  gather(rows: Int32Array, standIn: Uint8Array | null): Column {
    const width = this.#width;
    const data = this.#gathered.take(rows.length * width);
    const first = firstOfRun(rows);
    if (first >= 0) data.set(this.#data.subarray(first * width, (first + rows.length) * width));
    else if (width === 8) gatherLongs(this.#data, data, rows);
    else
      for (let i = 0; i < rows.length; i++) copyBytes(this.#data, Math.max(0, rows[i]) * width, data, i * width, width);
    if (this.#nulls.isNone && areAllFound(rows)) return { kind: "fixed", width, data, validity: undefined };
    const validity = this.#validity.take(rows.length);
    let hasNulls = false;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const isNull = row < 0 ? standIn === null : this.#nulls.isNull(row);
      validity[i] = isNull ? 0 : 1;
      hasNulls ||= isNull;
      if (isNull) data.fill(0, i * width, (i + 1) * width);
      else if (row < 0 && standIn) data.set(standIn, i * width);
    }
    return { kind: "fixed", width, data, validity: hasNulls ? validity : undefined };
  }

  all(): Column {
    const data = this.#data.subarray(0, this.#rows * this.#width);
    return { kind: "fixed", width: this.#width, data, validity: this.#nulls.validity(this.#rows) };
  }

  clear(): void {
    this.#rows = 0;
    this.#nulls.clear();
  }

  release(): void {
    giveHeld(this.#data);
    this.#data = new Uint8Array(0);
    for (const one of [this.#nulls, this.#gathered, this.#validity]) one.release();
  }
}

/** Two words a value: eight calls a value would take four times as long. Rows that are -1 get those of row 0. */
function gatherLongs(from: Uint8Array, to: Uint8Array, rows: Int32Array | Uint32Array): void {
  const source = new Int32Array(from.buffer, from.byteOffset, from.length >>> 2);
  const target = new Int32Array(to.buffer, to.byteOffset, 2 * rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = Math.max(0, rows[i]);
    target[2 * i] = source[2 * row];
    target[2 * i + 1] = source[2 * row + 1];
  }
}
