import { type CollectionSchema, DataType, primaryKeyIndex } from "@sluice/schema";
import type { Column, InsertBatch } from "./column.ts";

/** Ids asked for at once: large enough that a call per block costs nothing, small enough that what is left over is no loss. */
const BLOCK_IDS = 1 << 18;
/** Digits of an id; ids are allocated so that all have this many (see the rootcoord's id allocator). */
const ID_DIGITS = 16;

/** Makes automatic primary keys: consecutive int64, or their decimal text for VarChar keys. */
export class AutoIds {
  readonly #pkIndex: number;
  readonly #dataType: DataType;
  readonly #isAutomatic: boolean;
  readonly #allocate: (count: number) => Promise<bigint>;
  readonly #blockIds: number;
  readonly #ranges: bigint[] = [];
  #next = 0n;
  #end = 0n;

  /** @param blockIds asked for at once, at least; what is left of the last block is lost */
  constructor(schema: CollectionSchema, allocate: (count: number) => Promise<bigint>, blockIds = BLOCK_IDS) {
    this.#blockIds = blockIds;
    this.#pkIndex = primaryKeyIndex(schema);
    this.#dataType = schema.fields[this.#pkIndex].dataType;
    this.#isAutomatic = schema.fields[this.#pkIndex].autoId;
    this.#allocate = allocate;
  }

  /** Half-open ranges of the ids given so far, in row order. */
  get ranges(): readonly bigint[] {
    return this.#ranges;
  }

  /** The batch with its key column, which stays as it is when the file has provided it. */
  async fill(batch: InsertBatch): Promise<InsertBatch> {
    if (!this.#isAutomatic || batch.columns[this.#pkIndex]) return batch;
    const first = await this.#take(batch.rowCount);
    const column =
      this.#dataType === DataType.VarChar ? textColumn(first, batch.rowCount) : int64Column(first, batch.rowCount);
    return { ...batch, columns: batch.columns.map((old, i) => (i === this.#pkIndex ? column : old)) };
  }

  async #take(count: number): Promise<bigint> {
    if (this.#end - this.#next < BigInt(count)) {
      const size = Math.max(count, this.#blockIds);
      // One more than is given: Java's client takes the end of a range for an id of it, so it must be nobody's.
      this.#next = await this.#allocate(size + 1);
      this.#end = this.#next + BigInt(size);
    }
    const first = this.#next;
    this.#next += BigInt(count);
    if (this.#ranges.at(-1) === first) this.#ranges[this.#ranges.length - 1] = this.#next;
    else this.#ranges.push(first, this.#next);
    return first;
  }
}

/** Ids are below 2^53, so a double holds each of them exactly. */
function int64Column(first: bigint, rows: number): Column {
  const words = new Uint32Array(rows * 2);
  let id = Number(first);
  for (let row = 0; row < rows; row++, id++) {
    words[2 * row] = id >>> 0;
    words[2 * row + 1] = Math.floor(id / 2 ** 32);
  }
  return { kind: "fixed", width: 8, data: new Uint8Array(words.buffer), validity: undefined };
}

function textColumn(first: bigint, rows: number): Column {
  const offsets = new Uint32Array(rows + 1);
  const data = Buffer.alloc(rows * ID_DIGITS);
  let id = Number(first);
  for (let row = 0; row < rows; row++, id++) {
    data.write(String(id), row * ID_DIGITS, "latin1");
    offsets[row + 1] = (row + 1) * ID_DIGITS;
  }
  return { kind: "var", offsets, data, validity: undefined };
}
