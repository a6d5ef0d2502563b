import type { Column } from "@sluice/columns";
import { locate } from "@sluice/errors";
import { LeafReader, type PageBudget, type RowGroupInfo, type SchemaNode } from "@sluice/parquet";
import type { ColumnPlan } from "../parquet/column-plan.ts";
import type { ColumnReader } from "../parquet/columns/column-reader.ts";
import type { ReadContext } from "../parquet/columns/read-context.ts";
import { type LogPart, moved, type OpenLog } from "./open-log.ts";

/** How a column is read, once its Parquet file is known. @throws {RangeError} of a type that the field does not take */
export type StoredPlan = (column: SchemaNode) => ColumnPlan;

export interface FieldRowsOptions {
  readonly log: OpenLog;
  /** Of the log's columns. */
  readonly position: number;
  /** For errors. */
  readonly name: string;
  readonly plan: StoredPlan;
  /** Row of the segment at which the log begins. */
  readonly firstRow: number;
  readonly context: Omit<ReadContext, "open">;
  readonly budget: PageBudget;
  /** Bytes that are asked of storage at a time. */
  readonly readBytes: number;
  readonly signal: AbortSignal;
}

interface Group {
  readonly part: LogPart;
  readonly info: RowGroupInfo;
}

/**
 * The rows of one field in one log, through the row groups of its Parquet files. Row groups of different fields need not end
 * at the same rows: whoever reads several asks how many rows each has left in its group.
 */
export class FieldRows {
  readonly #options: FieldRowsOptions;
  readonly #groups: readonly Group[];
  #nextGroup = 0;
  #part: LogPart | undefined;
  #reader: ColumnReader | undefined;
  #left = 0;

  constructor(options: FieldRowsOptions) {
    this.#options = options;
    this.#groups = groupsOf(options);
  }

  /** See `ColumnReader.mayStop`. */
  get mayStop(): boolean {
    return this.#reader?.mayStop ?? false;
  }

  /** Decoded bytes of a row, by what the footers say. */
  get rowBytes(): number {
    const { position } = this.#options;
    let [bytes, rows] = [0, 0];
    for (const { info } of this.#groups) {
      bytes += info.chunks[position].uncompressedBytes;
      rows += info.rowCount;
    }
    return rows === 0 ? 0 : bytes / rows;
  }

  /** Rows left of the row group; the next one is opened where there are none. 0 at the end of the log. */
  async left(): Promise<number> {
    while (this.#left === 0 && this.#nextGroup < this.#groups.length) await this.#openGroup();
    return this.#left;
  }

  /** See `ColumnReader.fill`. @param rows at most `left` */
  async fill(rows: number, softBytes: number): Promise<number> {
    return await this.#placed(() => this.#reader?.fill(rows, softBytes) ?? 0);
  }

  /** See `ColumnReader.take`. */
  take(rows: number): Column {
    this.#left -= rows;
    const [column] = this.#reader?.take(rows) ?? [];
    return column;
  }

  /** @throws {ImportError} when pages have more rows than their row group */
  async finish(): Promise<void> {
    await this.#placed(() => this.#reader?.finish());
  }

  async close(): Promise<void> {
    await Promise.all((this.#reader?.leaves ?? []).map((leaf) => leaf.close()));
  }

  async #openGroup(): Promise<void> {
    const { part, info } = this.#groups[this.#nextGroup++];
    if (this.#reader) await this.finish();
    if (part !== this.#part) await this.#openPart(part);
    const { position, readBytes } = this.#options;
    await this.#placed(() => this.#reader?.leaves[0].open(info.chunks[position], readBytes));
    this.#reader?.begin(info);
    this.#left = info.rowCount;
  }

  async #openPart(part: LogPart): Promise<void> {
    await this.close();
    const { position, plan, context, budget, signal } = this.#options;
    const open = (node: SchemaNode) => new LeafReader(part.bytes, node, budget, signal);
    this.#part = part;
    this.#reader = plan(part.file.root.children[position])({ ...context, open });
  }

  /** Errors get their place in the log, and the name of the field, which the log does not know. */
  async #placed<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { log, name } = this.#options;
      throw locate(moved(error, this.#part?.offset ?? 0, name), { file: log.source.path });
    }
  }
}

/** Row groups in order, with rows that count from the start of the segment. */
function groupsOf({ log, firstRow }: FieldRowsOptions): Group[] {
  const groups: Group[] = [];
  let row = firstRow;
  for (const part of log.parts)
    for (const info of part.file.rowGroups) {
      if (info.rowCount > 0) groups.push({ part, info: { ...info, firstRow: row } });
      row += info.rowCount;
    }
  return groups;
}
