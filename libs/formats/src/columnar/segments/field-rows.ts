import type { Column } from "@sluice/columns";
import { locate } from "@sluice/errors";
import {
  type ByteSource,
  LeafReader,
  leafType,
  leavesOf,
  type PageBudget,
  type RowGroupInfo,
  type SchemaNode,
} from "@sluice/parquet";
import type { ColumnPlan } from "../parquet/column-plan.ts";
import type { ColumnReader } from "../parquet/columns/column-reader.ts";
import type { ReadContext } from "../parquet/columns/read-context.ts";
import { pooledPages } from "../pooled-pages.ts";
import { type LogPart, moved } from "./open-log.ts";
import type { LogColumn } from "./segment-logs.ts";

/** How a column is read, once its Parquet file is known. @throws {ImportError} `schema_mismatch` */
export type StoredPlan = (node: SchemaNode, column: LogColumn) => ColumnPlan;

/** What all logs of one field are read with. */
export interface FieldRowsOptions {
  /** For errors. */
  readonly name: string;
  readonly plan: StoredPlan;
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

/** The bytes of one Parquet file after the other, for a reader whose memory is used for all of them. */
class PartBytes implements ByteSource {
  current: ByteSource;
  constructor(first: ByteSource) {
    this.current = first;
  }
  get sizeBytes(): number {
    return this.current.sizeBytes;
  }
  readInto(start: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    return this.current.readInto(start, target, signal);
  }
}

/**
 * The rows of one field of a segment, log after log, through the row groups of their Parquet files. Row groups of different fields
 * need not end at the same rows: whoever reads several asks how many rows each has left in its group.
 */
export class FieldRows {
  readonly #options: FieldRowsOptions;
  #column: LogColumn | undefined;
  #groups: readonly Group[] = [];
  #nextGroup = 0;
  #part: LogPart | undefined;
  /** Of the column that the reader was made for; undefined before there is one. */
  #shape = "";
  #bytes: PartBytes | undefined;
  #reader: ColumnReader | undefined;
  #left = 0;

  constructor(options: FieldRowsOptions) {
    this.#options = options;
  }

  /** Goes to a log. @param firstRow row of the segment at which it begins */
  begin(column: LogColumn, firstRow: number): void {
    this.#column = column;
    this.#groups = groupsOf(column, firstRow);
    this.#nextGroup = 0;
  }

  /** See `ColumnReader.mayStop`. */
  get mayStop(): boolean {
    return this.#reader?.mayStop ?? false;
  }

  /** Decoded bytes of a row, by what the footers say. */
  get rowBytes(): number {
    let [bytes, rows] = [0, 0];
    for (const { part, info } of this.#groups) {
      bytes += info.chunks[this.#leafOf(part).leaf].uncompressedBytes;
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

  /** The row group is read. @throws {ImportError} when its pages have more rows than it says */
  async finish(): Promise<void> {
    await this.#placed(() => this.#reader?.finish());
  }

  /** Gives back the memory of the log that is open. */
  async close(): Promise<void> {
    await Promise.all((this.#reader?.leaves ?? []).map((leaf) => leaf.close()));
  }

  async #openGroup(): Promise<void> {
    const { part, info } = this.#groups[this.#nextGroup++];
    if (part !== this.#part) await this.#openPart(part);
    const { leaf } = this.#leafOf(part);
    await this.#placed(() => this.#reader?.leaves[0].open(info.chunks[leaf], this.#options.readBytes));
    this.#reader?.begin(info);
    this.#left = info.rowCount;
  }

  /** The memory of the reader before is used on: fresh pages for each log would cost as much as reading it. */
  async #openPart(part: LogPart): Promise<void> {
    const node = this.#nodeOf(part);
    const leaf = this.#leafOf(part);
    const shape = JSON.stringify([leafType(leaf), leaf.definition, leaf.repetition]);
    await this.close();
    this.#part = part;
    if (this.#bytes && shape === this.#shape) {
      this.#bytes.current = part.bytes;
      return;
    }
    const { plan, context, budget, signal } = this.#options;
    const bytes = new PartBytes(part.bytes);
    const open = (leaf: SchemaNode) => new LeafReader(bytes, leaf, budget, signal, pooledPages);
    this.#reader = plan(node, this.#column as LogColumn)({ ...context, open });
    [this.#bytes, this.#shape] = [bytes, shape];
  }

  #nodeOf({ file }: LogPart): SchemaNode {
    return file.root.children[(this.#column as LogColumn).position];
  }

  /** A column has one, see `openLog`. */
  #leafOf(part: LogPart): SchemaNode {
    return leavesOf(this.#nodeOf(part))[0];
  }

  /** Errors get their place in the log, and the name of the field, which the log does not know. */
  async #placed<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const file = (this.#part?.source ?? this.#column?.log.source)?.path;
      throw locate(moved(error, this.#part?.offset ?? 0, this.#options.name), file === undefined ? {} : { file });
    }
  }
}

/** Row groups in order, with rows that count from the start of the segment. */
function groupsOf({ log }: LogColumn, firstRow: number): Group[] {
  const groups: Group[] = [];
  let row = firstRow;
  for (const part of log.parts)
    for (const info of part.file.rowGroups) {
      if (info.rowCount > 0) groups.push({ part, info: { ...info, firstRow: row } });
      row += info.rowCount;
    }
  return groups;
}
