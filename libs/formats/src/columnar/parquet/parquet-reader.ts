import { HeldMemory } from "@sluice/async";
import { type Column, columnBytes, type InsertBatch } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import {
  type ChunkInfo,
  LeafReader,
  PageBudget,
  type ParquetFile,
  type RowGroupInfo,
  type SchemaNode,
  TooLarge,
} from "@sluice/parquet";
import { type CollectionSchema, fixedWidth } from "@sluice/schema";
import type { BatchOptions, FormatReader, ReaderInput } from "../../format.ts";
import { RowRejects } from "../../row-rejects.ts";
import { pooledPages } from "../pooled-pages.ts";
import { planColumns } from "./column-plans.ts";
import type { ColumnReader } from "./columns/column-reader.ts";
import { footerOf, hasNoRows } from "./footer-facts.ts";
import { NearGroups } from "./near-groups.ts";

/** Bytes asked of the store at a time: of one column, and of all columns of a row group together. */
const MAX_READ_BYTES = 4 << 20;
const MIN_READ_BYTES = 64 << 10;
const GROUP_READ_BYTES = 8 << 20;
/** A row costs at least this much of a batch, so that rows of next to nothing do not make endless batches. */
const MIN_ROW_BYTES = 8;

/** For tests, which take small ranges. */
export interface ParquetReaderOptions {
  /** Greatest range that is asked of the store for one column; default 4 MiB. */
  readonly maxReadBytes?: number;
}

/**
 * Parquet: pages straight to columns. The columns of a row group are read in lock step, each with a few ranges of its chunk
 * in memory; of the file only the columns that a field has are read at all. `range` counts row groups. Columns that no field
 * has become keys of `$meta` where there is one.
 */
export class ParquetReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #source: SourceFile;
  readonly #maxReadBytes: number;
  readonly #memory = new HeldMemory();
  readonly #near: NearGroups;
  #leaves: LeafReader[] = [];

  /** @throws {ImportError} `request_invalid` unless there is exactly one source */
  constructor(input: ReaderInput, { maxReadBytes = MAX_READ_BYTES }: ParquetReaderOptions = {}) {
    if (input.sources.length !== 1)
      throw new ImportError("request_invalid", "for PARQUET import, accepts only one file");
    this.#input = input;
    this.#source = input.sources[0];
    this.#near = new NearGroups(this.#source);
    this.#maxReadBytes = maxReadBytes;
  }

  async *batches({ batchBytes, signal, onReject }: BatchOptions): AsyncGenerator<InsertBatch> {
    const progress = { sourceBytes: 0 };
    let rowGroup = this.#input.range?.begin ?? 0;
    try {
      const file = await footerOf(this.#source, signal);
      if (hasNoRows(file)) return;
      const rejects = new RowRejects(onReject);
      const columns = this.#openColumns(file, rejects, signal);
      const groups = this.#groups(file);
      const leaves = this.#leaves.map(({ node }) => node.leaf);
      for (const [i, group] of groups.entries()) {
        if (group.rowCount > 0) await this.#near.reach(groups, i, leaves, signal);
        yield* this.#groupBatches(group, columns, { batchBytes, signal }, rejects, progress);
        progress.sourceBytes += group.compressedBytes;
        rowGroup++;
      }
    } catch (error) {
      throw locate(withWayOut(error, rowGroup), { file: this.#source.path });
    } finally {
      await this.#close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #openColumns(file: ParquetFile, rejects: RowRejects, signal: AbortSignal): ColumnReader[] {
    const { plan, enoughFields = Number.POSITIVE_INFINITY } = this.#input;
    const plans = planColumns(file, plan, this.#source.path, this.#input.warn);
    const budget = new PageBudget(this.#input.wholeBytes);
    const open = (node: SchemaNode) => new LeafReader(this.#near, node, budget, signal, pooledPages);
    const context = {
      schema: plan.schema,
      dynamic: plan.dynamic,
      rejects,
      nanIsNull: plan.options.nanIsNull,
      memory: this.#memory,
      open,
    };
    const columns = plans.map((made) => made(context)).filter(({ fields }) => fields.some((i) => i < enoughFields));
    this.#leaves = columns.flatMap(({ leaves }) => leaves);
    return columns;
  }

  #groups({ rowGroups }: ParquetFile): readonly RowGroupInfo[] {
    const { begin, end } = this.#input.range ?? { begin: 0, end: rowGroups.length };
    if (begin >= 0 && begin <= end && end <= rowGroups.length) return rowGroups.slice(begin, end);
    throw new ImportError(
      "malformed_file",
      `row groups ${begin} to ${end} were asked for, the file has ${rowGroups.length}: it was replaced`,
      { file: this.#source.path },
    );
  }

  async *#groupBatches(
    group: RowGroupInfo,
    columns: readonly ColumnReader[],
    { batchBytes, signal }: BatchOptions,
    rejects: RowRejects,
    progress: { readonly sourceBytes: number },
  ): AsyncGenerator<InsertBatch> {
    if (group.rowCount === 0) return;
    await this.#openGroup(group, columns);
    let rowBytes = estimateRowBytes(group, columns, this.#input.plan.schema);
    for (let row = 0; row < group.rowCount; ) {
      signal.throwIfAborted();
      const wanted = Math.min(group.rowCount - row, Math.max(1, Math.floor(batchBytes / rowBytes)));
      const rowCount = await fillAll(columns, wanted, batchBytes);
      const batch = this.#batch(columns, rowCount);
      rowBytes = Math.max(MIN_ROW_BYTES, batch.bytes / rowCount);
      row += rowCount;
      const sourceBytes = progress.sourceBytes + Math.round((group.compressedBytes * row) / group.rowCount);
      const whole = { rowCount, columns: batch.columns, sourceBytes };
      // Rows of rejects count from the start of the file, those of a range from its first group on.
      const taken = await rejects.taken(whole, group.firstRow + row - rowCount);
      if (taken) yield taken;
    }
    for (const column of columns) await column.finish();
  }

  async #openGroup(group: RowGroupInfo, columns: readonly ColumnReader[]): Promise<void> {
    const chunks = this.#leaves.map((leaf) => group.chunks[leaf.node.leaf]);
    const total = chunks.reduce((sum, { start, end }) => sum + end - start, 0);
    await Promise.all(
      this.#leaves.map((leaf, i) => {
        // The first range of every column is under way at once: on a remote store the columns wait together.
        const share = (GROUP_READ_BYTES * (chunks[i].end - chunks[i].start)) / Math.max(total, 1);
        return leaf.open(chunks[i], Math.min(this.#maxReadBytes, Math.max(MIN_READ_BYTES, Math.ceil(share))));
      }),
    );
    for (const column of columns) column.begin(group);
  }

  #batch(columns: readonly ColumnReader[], rowCount: number): { columns: (Column | undefined)[]; bytes: number } {
    const placed = new Array<Column | undefined>(this.#input.plan.schema.fields.length).fill(undefined);
    let bytes = 0;
    for (const reader of columns) {
      const taken = reader.take(rowCount);
      for (let i = 0; i < taken.length; i++) {
        placed[reader.fields[i]] = taken[i];
        bytes += columnBytes(taken[i], rowCount);
      }
    }
    return { columns: placed, bytes };
  }

  async #close(): Promise<void> {
    await Promise.all(this.#leaves.map((leaf) => leaf.close()));
    this.#near.close();
    this.#memory[Symbol.dispose]();
  }
}

/** Columns that may stop early go first; the others then read exactly the rows that all of those have. */
async function fillAll(columns: readonly ColumnReader[], wanted: number, batchBytes: number): Promise<number> {
  let rows = wanted;
  for (const column of columns) if (column.mayStop) rows = Math.min(rows, await column.fill(rows, batchBytes));
  for (const column of columns) if (!column.mayStop) await column.fill(rows, batchBytes);
  return rows;
}

/** Decoded bytes of a row as far as the footer tells; for columns of varying length the first batch corrects it. */
function estimateRowBytes(group: RowGroupInfo, columns: readonly ColumnReader[], schema: CollectionSchema): number {
  let bytes = 0;
  for (const { fields, leaves, mayStop } of columns) {
    if (!mayStop) bytes += fixedWidth(schema.fields[fields[0]]) * group.rowCount;
    else for (const { node, type } of leaves) bytes += encodedBytes(group.chunks[node.leaf], type.width);
  }
  return Math.max(MIN_ROW_BYTES, bytes / group.rowCount);
}

function encodedBytes({ uncompressedBytes, numValues }: ChunkInfo, width: number): number {
  return Math.max(uncompressedBytes, numValues * width);
}

/** A page that has no room: where it is, and what its owner can do. Row groups count from 0. */
function withWayOut(error: unknown, rowGroup: number): unknown {
  if (!(error instanceof ImportError && error.cause instanceof TooLarge)) return error;
  const wayOut = `in row group ${rowGroup}; write smaller pages, or give the datanode more --worker-memory`;
  return new ImportError(error.code, `${error.reason} (${wayOut})`, error.at, { cause: error.cause });
}
