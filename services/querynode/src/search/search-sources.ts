import { type Column, type VarColumn, views } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";
import type { CompareKeys } from "./top-hits.ts";

/** Parts of segments that hits lie in, each once however many searches find rows in it, with the primary keys of their rows. */
export class SearchSources {
  readonly parts: SegmentLogs[] = [];
  readonly #keys: Column[] = [];
  readonly #places = new Map<string, number>();
  readonly #isInteger: boolean;

  constructor(key: FieldSchema) {
    this.#isInteger = key.dataType === DataType.Int64;
  }

  async add(part: SegmentLogs, readKeys: () => Promise<Column>): Promise<number> {
    // No two logs have one id.
    const name = `${part.segmentId}/${part.insertLogs[0].logIds[0]}`;
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const keys = await readKeys();
    this.parts.push(part);
    this.#places.set(name, this.#keys.push(keys) - 1);
    return this.#keys.length - 1;
  }

  readonly compareKeys: CompareKeys = (sourceA, rowA, sourceB, rowB) => {
    if (!this.#isInteger) return Buffer.compare(this.#textAt(sourceA, rowA), this.#textAt(sourceB, rowB));
    const [a, b] = [this.#integerAt(sourceA, rowA), this.#integerAt(sourceB, rowB)];
    return a < b ? -1 : a > b ? 1 : 0;
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
