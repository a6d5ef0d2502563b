import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import type { SqlColumn, SqlTableShape } from "./create-table.ts";
import type { Pages } from "./pages.ts";
import { Payloads, pageKinds, type TreePage } from "./payloads.ts";
import { SqlRecord, type SqlValue } from "./record.ts";
import { type RowBatch, rowsOf } from "./rows.ts";
import { firstNotBelow, leafOf } from "./tree-walk.ts";
import { signedVarint } from "./varint.ts";

/** A table with row ids. */
export class SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  readonly #rowIdColumn: number | undefined;
  readonly #pages: Pages;
  readonly #root: number;

  constructor(pages: Pages, name: string, root: number, shape: SqlTableShape) {
    this.name = name;
    this.columns = shape.columns;
    this.#rowIdColumn = shape.rowIdColumn;
    this.#pages = pages;
    this.#root = root;
  }

  /** Where a column stands, without regard to case. @throws {ImportError} `malformed_file` when there is none */
  column(name: string): number {
    const at = this.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
    if (at >= 0) return at;
    const names = excerptOfList(this.columns.map((column) => column.name));
    const reason = `the table ${excerpt(this.name)} of the SQLite database has no column ${excerpt(name)}, it has [${names}]`;
    throw new ImportError("malformed_file", reason, { file: this.#pages.path });
  }

  /** All rows in the order of their ids. @throws {ImportError} `malformed_file`, `unsupported`; as `readInto` of the files */
  rows(): AsyncGenerator<RowBatch> {
    return rowsOf(this.#pages, this.#root, pageKinds.tableLeaf);
  }

  /** The value of a column in a row, also of one that is the row id, or younger than the row. */
  valueOf(record: SqlRecord, column: number, rowId: bigint): SqlValue {
    if (column === this.#rowIdColumn) return Number.isSafeInteger(Number(rowId)) ? Number(rowId) : rowId;
    if (column >= record.count) return this.columns[column].defaultValue;
    const value = record.value(column);
    // SQLite stores whole reals as integers.
    return this.columns[column].affinity === "real" && typeof value === "bigint" ? Number(value) : value;
  }

  /** Finds rows by their ids, best in about ascending order. */
  finder(): RowFinder {
    return new RowFinder(this.#pages, this.#root);
  }
}

/** Rows by their ids; the leaf of the last one is kept. */
export class RowFinder {
  readonly #pages: Pages;
  readonly #root: number;
  readonly #payloads: Payloads;
  readonly #record: SqlRecord;
  #leaf: TreePage | undefined;

  constructor(pages: Pages, root: number) {
    this.#pages = pages;
    this.#root = root;
    this.#payloads = new Payloads(pages);
    this.#record = new SqlRecord(pages.encoding);
  }

  /** Undefined where there is none; valid until the next is asked for. */
  async find(rowId: bigint): Promise<SqlRecord | undefined> {
    if (!this.#leaf || !this.#covers(this.#leaf, rowId)) this.#leaf = await leafOf(this.#pages, this.#root, rowId);
    const leaf = this.#leaf;
    const at = firstNotBelow(this.#payloads, leaf, rowId);
    if (at === leaf.cellCount || this.#idAt(leaf, at) !== rowId) return undefined;
    await this.#payloads.read(leaf, at);
    const { bytes, start, end } = this.#payloads;
    this.#record.open(bytes, start, end, (detail) => this.#pages.damaged(detail, leaf.number));
    return this.#record;
  }

  #covers(leaf: TreePage, rowId: bigint): boolean {
    return leaf.cellCount > 0 && this.#idAt(leaf, 0) <= rowId && rowId <= this.#idAt(leaf, leaf.cellCount - 1);
  }

  #idAt(leaf: TreePage, index: number): bigint {
    this.#payloads.readRowId(leaf, index);
    return signedVarint(leaf.bytes, this.#payloads.rowIdAt, this.#payloads.rowIdEnd);
  }
}
