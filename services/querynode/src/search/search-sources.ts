import { type Column, takeRows, type VarColumn, views } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { RowSet } from "../row-set.ts";
import type { StoredPart } from "../segment-rows.ts";
import type { CompareRows, Hit, TieOrder } from "./top-hits.ts";

/**
 * Parts of segments that hits lie in, each once however many searches of this node find rows in it, with the primary keys of
 * their rows; and rows that other nodes have found, which are counted from 0 in each part.
 */
export class SearchSources implements TieOrder {
  readonly parts: StoredPart[] = [];
  readonly #keys: Column[] = [];
  /** Of what other nodes have found, which rows of their parts they are. */
  readonly #rows = new Map<number, Uint32Array>();
  readonly #places = new Map<string, number>();
  readonly #isInteger: boolean;

  constructor(key: FieldSchema) {
    this.#isInteger = key.dataType === DataType.Int64;
  }

  async add(part: StoredPart, readKeys: () => Promise<Column>): Promise<number> {
    // No two logs have one id.
    const name = `${part.segmentId}/${part.insertLogs[0].logIds[0]}`;
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const keys = await readKeys();
    // Somebody else may have added it meanwhile.
    const place = this.#places.get(name) ?? this.#add(part, keys);
    this.#places.set(name, place);
    return place;
  }

  /** Rows that another node has found. @param keys parallel to `rows` */
  addFound(part: StoredPart, rows: Uint32Array, keys: Column): number {
    const source = this.#add(part, keys);
    this.#rows.set(source, rows);
    return source;
  }

  #add(part: StoredPart, keys: Column): number {
    this.parts.push(part);
    return this.#keys.push(keys) - 1;
  }

  /** The row of its part. */
  rowAt(source: number, row: number): number {
    return this.#rows.get(source)?.[row] ?? row;
  }

  /** Hits as rows of their parts. */
  pick(hits: readonly Hit[]): RowSet {
    return {
      count: hits.length,
      sourceOf: Uint32Array.from(hits, ({ source }) => source),
      rowOf: Uint32Array.from(hits, ({ source, row }) => this.rowAt(source, row)),
    };
  }

  /** The keys of some rows. */
  keysOf(source: number, rows: Uint32Array): Column {
    return takeRows(this.#keys[source], rows);
  }

  readonly compareKeys: CompareRows = (sourceA, rowA, sourceB, rowB) => {
    if (!this.#isInteger) return Buffer.compare(this.#textAt(sourceA, rowA), this.#textAt(sourceB, rowB));
    const [a, b] = [this.#integerAt(sourceA, rowA), this.#integerAt(sourceB, rowB)];
    return a < b ? -1 : a > b ? 1 : 0;
  };

  /** What was written last comes first. */
  readonly comparePlaces: CompareRows = (sourceA, rowA, sourceB, rowB) => {
    const [a, b] = [this.parts[sourceA], this.parts[sourceB]];
    const difference = b.segmentId - a.segmentId || b.insertLogs[0].logIds[0] - a.insertLogs[0].logIds[0];
    return Number(difference) || this.rowAt(sourceB, rowB) - this.rowAt(sourceA, rowA);
  };

  /** The key of a row, as answers have it. */
  keyAt(source: number, row: number): bigint | string {
    return this.#isInteger ? this.#integerAt(source, row) : Buffer.from(this.#textAt(source, row)).toString("utf8");
  }

  /** Whether a row's key comes behind `key`, in the order of ties. */
  isBehindKey(source: number, row: number, key: bigint | string): boolean {
    if (typeof key === "bigint") return this.#integerAt(source, row) > key;
    return Buffer.compare(this.#textAt(source, row), Buffer.from(key)) > 0;
  }

  get isInteger(): boolean {
    return this.#isInteger;
  }

  #integerAt(source: number, row: number): bigint {
    const column = this.#keys[source];
    return column.kind === "fixed" ? views.int64(column, row + 1)[row] : 0n;
  }

  #textAt(source: number, row: number): Uint8Array {
    const { data, offsets } = this.#keys[source] as VarColumn;
    return data.subarray(offsets[row], offsets[row + 1]);
  }
}
