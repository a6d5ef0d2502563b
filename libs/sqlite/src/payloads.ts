import { ImportError } from "@sluice/errors";
import type { Pages } from "./pages.ts";
import { Varint } from "./varint.ts";

/** Kinds of b-tree pages, by their first byte. */
export const pageKinds = { tableLeaf: 13, tableInterior: 5, indexLeaf: 10, indexInterior: 2 } as const;
/** The byte itself. */
export type PageKind = (typeof pageKinds)[keyof typeof pageKinds];

/** Greatest row. SQLite itself stops at 1 GB. */
const MAX_ROW_BYTES = 64 << 20;

/** A page of a b-tree, and where its head says its cells are. */
export interface TreePage {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly kind: PageKind;
  readonly cellCount: number;
  /** Where the offsets of the cells stand. */
  readonly cellsAt: number;
}

/** Counts pages of a walk: each belongs to one place of the database, so more than it has mean a circle. */
export class PageCount {
  readonly #pages: Pages;
  #left: number;

  constructor(pages: Pages) {
    this.#pages = pages;
    this.#left = pages.pageCount;
  }

  /** @throws {ImportError} `malformed_file` */
  take(page: number): void {
    if (--this.#left < 0) throw this.#pages.damaged("its tree leads in a circle", page);
  }
}

/** Finds the payloads of cells, also those that go on in other pages. */
export class Payloads {
  readonly #pages: Pages;
  readonly #varint = new Varint();
  /** Of the cell that was read last. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Likewise, of cells of tables: where the row id stands. */
  rowIdAt = 0;
  rowIdEnd = 0;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /** Where a cell begins. @throws {ImportError} `malformed_file` */
  cellAt({ number, view, cellsAt }: TreePage, index: number): number {
    const at = view.getUint16(cellsAt + 2 * index);
    // No cell has less than three bytes, except links of tables, which have five.
    if (at >= cellsAt && at + 3 <= this.#pages.usableBytes) return at;
    throw this.#pages.damaged(`cell ${index} is said to be at byte ${at}`, number, cellsAt + 2 * index);
  }

  /** Reads the row id of a cell of a table, in leaves behind the length of its payload. */
  readRowId(page: TreePage, index: number): void {
    const at = this.cellAt(page, index);
    const isLeaf = page.kind === pageKinds.tableLeaf;
    const start = isLeaf ? this.#varintAt(page, at).end : at + 4;
    const { end } = this.#varintAt(page, start);
    [this.rowIdAt, this.rowIdEnd] = [start, end];
  }

  /**
   * Finds the payload of a cell of a leaf, or of an interior page of an index; undefined when it is found, else a promise.
   * @throws {ImportError} `malformed_file`, `unsupported`
   */
  read(page: TreePage, index: number, count?: PageCount): Promise<void> | undefined {
    const { kind } = page;
    const at = this.cellAt(page, index) + (kind === pageKinds.indexInterior ? 4 : 0);
    const { value: length, end: behindLength } = this.#varintAt(page, at);
    let start = behindLength;
    if (kind === pageKinds.tableLeaf) {
      this.readRowId(page, index);
      start = this.rowIdEnd;
    }
    const local = this.#localBytes(length, kind);
    const end = start + local;
    if (end + (local < length ? 4 : 0) > this.#pages.usableBytes)
      throw this.#pages.damaged(`cell ${index} claims ${length} bytes and goes beyond its page`, page.number, at);
    [this.bytes, this.start, this.end] = [page.bytes, start, end];
    return local === length ? undefined : this.#readOn(page, end, length, count);
  }

  #varintAt({ number, bytes }: TreePage, at: number): Varint {
    if (this.#varint.read(bytes, at, this.#pages.usableBytes)) return this.#varint;
    throw this.#pages.damaged("a cell goes beyond its page", number, at);
  }

  /** Source: file format, §1.6, "Calculation of P". */
  #localBytes(length: number, kind: PageKind): number {
    const { usableBytes } = this.#pages;
    const most = kind === pageKinds.tableLeaf ? usableBytes - 35 : Math.floor(((usableBytes - 12) * 64) / 255) - 23;
    if (length <= most) return length;
    const least = Math.floor(((usableBytes - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (usableBytes - 4));
    return fitting <= most ? fitting : least;
  }

  async #readOn(page: TreePage, linkAt: number, length: number, count?: PageCount): Promise<void> {
    this.#checkLength(page, linkAt, length);
    const { usableBytes } = this.#pages;
    const out = new Uint8Array(length);
    out.set(page.bytes.subarray(this.start, this.end));
    let filled = this.end - this.start;
    let [next, from] = [page.view.getUint32(linkAt), page.number];
    while (filled < length) {
      count?.take(next);
      const bytes = await this.#pages.page(next, from);
      const part = bytes.subarray(4, Math.min(usableBytes, 4 + length - filled));
      out.set(part, filled);
      filled += part.length;
      [next, from] = [new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), next];
    }
    [this.bytes, this.start, this.end] = [out, 0, length];
  }

  #checkLength({ number }: TreePage, at: number, length: number): void {
    const { path, pageCount, pageSize } = this.#pages;
    if (length > pageCount * pageSize)
      throw this.#pages.damaged(`a row claims ${length} bytes, more than the database has`, number, at);
    if (length <= MAX_ROW_BYTES) return;
    const reason = `a row of page ${number} has ${length} bytes, more than ${MAX_ROW_BYTES}`;
    throw new ImportError("unsupported", reason, { file: path });
  }
}
