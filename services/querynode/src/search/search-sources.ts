import { type Column, takeRows, type VarColumn, views } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { RowSet } from "../row-set.ts";
import type { StoredPart } from "../segment-rows.ts";
import type { CompareRows, Hit, TieOrder } from "./top-hits.ts";

/** Elements of rows, in memory that doubles. */
class ElementPlaces {
  #rows = new Uint32Array(64);
  #elements = new Uint32Array(64);
  #count = 0;

  add(row: number, element: number): number {
    if (this.#count === this.#rows.length) {
      [this.#rows, this.#elements] = [doubled(this.#rows), doubled(this.#elements)];
    }
    this.#rows[this.#count] = row;
    this.#elements[this.#count] = element;
    return this.#count++;
  }

  rowAt(place: number): number {
    return this.#rows[place];
  }

  elementAt(place: number): number {
    return this.#elements[place];
  }
}

function doubled(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * values.length);
  more.set(values);
  return more;
}

/**
 * Parts of segments that hits lie in, each once however many searches of this node find rows in it, with the primary keys of
 * their rows; and rows that other nodes have found, which are counted from 0 in each part. Where elements of rows are the hits,
 * they have places of their own in a source, which are what is called rows here.
 */
export class SearchSources implements TieOrder {
  readonly parts: StoredPart[] = [];
  readonly #keys: Column[] = [];
  /** Of what other nodes have found, which rows of their parts they are. */
  readonly #rows = new Map<number, Uint32Array>();
  /** Of what other nodes have found, which elements of these rows. */
  readonly #foundElements = new Map<number, Uint32Array>();
  readonly #elements = new Map<number, ElementPlaces>();
  /** Of sources with elements, the ones with their rows. */
  readonly #plain = new Map<number, number>();
  readonly #places = new Map<string, number>();
  readonly #isInteger: boolean;

  constructor(key: FieldSchema) {
    this.#isInteger = key.dataType === DataType.Int64;
  }

  /** @param isOfElements whether hits in it have a `place` */
  async add(part: StoredPart, readKeys: () => Promise<Column>, isOfElements = false): Promise<number> {
    // No two logs have one id.
    const name = `${part.segmentId}/${part.insertLogs[0].logIds[0]}${isOfElements ? "/elements" : ""}`;
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const keys = await readKeys();
    // Somebody else may have added it meanwhile.
    const place = this.#places.get(name) ?? this.#add(part, keys);
    this.#places.set(name, place);
    if (isOfElements && !this.#elements.has(place)) this.#elements.set(place, new ElementPlaces());
    return place;
  }

  /** Where an element of a row is, in a source that was added for elements. */
  place(source: number, row: number, element: number): number {
    return (this.#elements.get(source) as ElementPlaces).add(row, element);
  }

  /** Rows that another node has found. @param keys parallel to `rows` @param elements parallel too, where they are the hits */
  addFound(part: StoredPart, rows: Uint32Array, keys: Column, elements?: Uint32Array): number {
    const source = this.#add(part, keys);
    this.#rows.set(source, rows);
    if (elements) this.#foundElements.set(source, elements);
    return source;
  }

  #add(part: StoredPart, keys: Column): number {
    this.parts.push(part);
    return this.#keys.push(keys) - 1;
  }

  /** The row of its part. */
  rowAt(source: number, row: number): number {
    return this.#elements.get(source)?.rowAt(row) ?? this.#rows.get(source)?.[row] ?? row;
  }

  /** Which element of its row a hit is; undefined where rows are hits. */
  elementAt(source: number, row: number): number | undefined {
    return this.#elements.get(source)?.elementAt(row) ?? this.#foundElements.get(source)?.[row];
  }

  /** What is one hit however many searches find it: a key, or an element of its row. */
  identityAt(source: number, row: number): bigint | string {
    const element = this.elementAt(source, row);
    const key = this.keyAt(source, row);
    return element === undefined ? key : `${element}/${key}`;
  }

  /** An element as its row. */
  rowHit(hit: Hit): Hit {
    const { source, row } = hit;
    if (this.elementAt(source, row) === undefined) return hit;
    const plain = this.#plain.get(source) ?? this.#add(this.parts[source], this.#keys[source]);
    const rows = this.#rows.get(source);
    if (rows) this.#rows.set(plain, rows);
    this.#plain.set(source, plain);
    return { ...hit, source: plain, row: this.#keyRow(source, row) };
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
    return takeRows(
      this.#keys[source],
      rows.map((row) => this.#keyRow(source, row)),
    );
  }

  readonly compareKeys: CompareRows = (sourceA, rowA, sourceB, rowB) => {
    const difference = this.#isInteger
      ? compared(this.#integerAt(sourceA, rowA), this.#integerAt(sourceB, rowB))
      : Buffer.compare(this.#textAt(sourceA, rowA), this.#textAt(sourceB, rowB));
    return difference || this.#compareElements(sourceA, rowA, sourceB, rowB);
  };

  #compareElements(sourceA: number, rowA: number, sourceB: number, rowB: number): number {
    if (this.#elements.size === 0 && this.#foundElements.size === 0) return 0;
    return (this.elementAt(sourceA, rowA) ?? 0) - (this.elementAt(sourceB, rowB) ?? 0);
  }

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

  /** Whether a row's key comes behind `key`, in the order of ties; of one row its elements in their order. */
  isBehindKey(source: number, row: number, key: bigint | string, element = 0): boolean {
    const difference =
      typeof key === "bigint"
        ? compared(this.#integerAt(source, row), key)
        : Buffer.compare(this.#textAt(source, row), Buffer.from(key));
    return difference > 0 || (difference === 0 && (this.elementAt(source, row) ?? 0) > element);
  }

  /** Whether keys are integers; else they are text. */
  get isInteger(): boolean {
    return this.#isInteger;
  }

  /** Where the key of a row stands among those of its source. */
  #keyRow(source: number, row: number): number {
    return this.#elements.get(source)?.rowAt(row) ?? row;
  }

  #integerAt(source: number, row: number): bigint {
    const column = this.#keys[source];
    const at = this.#keyRow(source, row);
    return column.kind === "fixed" ? views.int64(column, at + 1)[at] : 0n;
  }

  #textAt(source: number, row: number): Uint8Array {
    const { data, offsets } = this.#keys[source] as VarColumn;
    const at = this.#keyRow(source, row);
    return data.subarray(offsets[at], offsets[at + 1]);
  }
}

function compared(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
