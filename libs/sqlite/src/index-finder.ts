import type { Pages } from "./pages.ts";
import { Payloads, pageKinds, type TreePage } from "./payloads.ts";
import { SqlRecord } from "./record.ts";
import { childAt, MAX_DEPTH, treePage } from "./tree-walk.ts";

/** Finds rows by an index whose first column holds integers. */
export class IndexFinder {
  readonly #pages: Pages;
  readonly #root: number;
  readonly #payloads: Payloads;
  readonly #record: SqlRecord;

  constructor(pages: Pages, root: number) {
    this.#pages = pages;
    this.#root = root;
    this.#payloads = new Payloads(pages);
    this.#record = new SqlRecord(pages.encoding);
  }

  /** Id of a row with the key; undefined where there is none. @throws {ImportError} `malformed_file` */
  async find(key: bigint): Promise<bigint | undefined> {
    let page = await treePage(this.#pages, this.#root, this.#root);
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const at = await this.#firstNotBelow(page, key);
      if (at < page.cellCount && (await this.#keyAt(page, at)) === key) return this.#rowId();
      if (page.kind === pageKinds.indexLeaf) return undefined;
      page = await treePage(this.#pages, childAt(this.#payloads, page, at), page.number);
    }
    throw this.#pages.damaged(`its tree has more than ${MAX_DEPTH} levels`, this.#root);
  }

  async #firstNotBelow(page: TreePage, key: bigint): Promise<number> {
    let [low, high] = [0, page.cellCount];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = await this.#keyAt(page, middle);
      if (found !== undefined && found < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Undefined for what is no integer, which stands behind all of them. */
  async #keyAt(page: TreePage, index: number): Promise<bigint | undefined> {
    if (page.kind !== pageKinds.indexLeaf && page.kind !== pageKinds.indexInterior)
      throw this.#pages.damaged(`it begins with ${page.kind} where an index belongs`, page.number);
    await this.#payloads.read(page, index);
    const { bytes, start, end } = this.#payloads;
    this.#record.open(bytes, start, end, (detail) => this.#pages.damaged(detail, page.number));
    const value = this.#record.value(0);
    return typeof value === "bigint" || Number.isInteger(value) ? BigInt(value as number) : undefined;
  }

  /** Of the entry that was read last. */
  #rowId(): bigint | undefined {
    const value = this.#record.value(this.#record.count - 1);
    return typeof value === "bigint" || Number.isInteger(value) ? BigInt(value as number) : undefined;
  }
}
