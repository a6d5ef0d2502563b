import { HeldMemory } from "@sluice/async";
import { type Column, columnBytes, type InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { PageBudget, type SchemaNode } from "@sluice/parquet";
import {
  type CollectionSchema,
  type FieldSchema,
  primaryKeyIndex,
  rowIdField,
  TIMESTAMP_FIELD,
  timestampField,
} from "@sluice/schema";
import type { BatchOptions, FormatReader, ReaderInput } from "../../format.ts";
import { DynamicColumn } from "../../plan/dynamic-column.ts";
import { RowRejects } from "../../row-rejects.ts";
import { COLUMN_GROUPS } from "./column-groups.ts";
import { FieldRows, type FieldRowsOptions, type StoredPlan } from "./field-rows.ts";
import { LiveRows } from "./live-rows.ts";
import {
  COMMIT_TS,
  DELTA_LOGS,
  FIELD_IDS,
  groupedFiles,
  META_ROWS,
  pairsAsMilvus,
  type SegmentFiles,
  segmentFiles,
} from "./log-files.ts";
import { type LogColumn, type LogStripe, openStripe } from "./segment-logs.ts";
import { storedValues } from "./stored-values.ts";
import { checkStructLengths } from "./struct-lengths.ts";
import { timeBounds } from "./time-bounds.ts";

/** Bytes asked of storage at a time: of one column, and of all together. */
const MAX_READ_BYTES = 4 << 20;
const MIN_READ_BYTES = 64 << 10;
const STRIPE_READ_BYTES = 8 << 20;
/** A row costs at least this much of a batch. */
const MIN_ROW_BYTES = 8;
/** Keys that were deleted may take this much where nobody says how much memory there is. */
const DELETED_KEYS_BYTES = 256 << 20;

/** What the fields of one reading share. */
type Reading = Omit<FieldRowsOptions, "name" | "plan">;

/**
 * A segment of Milvus, from its logs: pages straight to columns, deletes and rows outside of the bounds left out. Fields are
 * found by their ids, whatever they are called.
 */
export class SegmentReader implements FormatReader {
  readonly #input: ReaderInput;
  /** The collection's, with the ids that its fields have in the segment. */
  readonly #schema: CollectionSchema;
  /** Fields with a column of the batch: those of the schema, and behind them what a row has besides. */
  readonly #fields: readonly FieldSchema[];
  /** Parallel to them, once a log has their column. */
  readonly #open: (FieldRows | undefined)[] = [];
  readonly #memory = new HeldMemory();
  #sourceBytes = 0;

  constructor(input: ReaderInput) {
    this.#input = input;
    this.#schema = storedSchema(input);
    this.#fields = [...this.#schema.fields, rowIdField, timestampField];
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const files = filesOf(this.#input);
    const live = await this.#liveRows(files, options.signal);
    const reading = this.#reading(files, options);
    try {
      let firstRow = 0;
      for (let index = 0; index < files.stripeCount; index++) {
        const row = await openStripe(files, index, this.#schema, options.signal);
        if (index === 0) this.#warnOfOthers(row, files);
        if (index === 0) this.#warnOfOrder(files);
        yield* this.#rowsOf(row, firstRow, live, options, reading);
        firstRow += row.rowCount;
      }
      this.#checkRows(firstRow, files);
      this.#warnOfLeftOut(live, files);
    } finally {
      await this.#close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    this.#memory[Symbol.dispose]();
  }

  #reading({ directories }: SegmentFiles, { signal, onReject }: BatchOptions): Reading {
    const { plan, wholeBytes } = this.#input;
    const share = Math.floor(STRIPE_READ_BYTES / directories.length);
    return {
      // Milvus lets a field be added that old rows have as a key of $meta.
      context: {
        ...{ schema: plan.schema, dynamic: new DynamicColumn([]), rejects: new RowRejects(onReject) },
        ...{ memory: this.#memory, nanIsNull: plan.options.nanIsNull },
      },
      budget: new PageBudget(wholeBytes),
      readBytes: Math.min(MAX_READ_BYTES, Math.max(MIN_READ_BYTES, share)),
      signal,
    };
  }

  #liveRows({ deltas }: SegmentFiles, signal: AbortSignal): Promise<LiveRows> {
    const { plan, options, wholeBytes = DELETED_KEYS_BYTES } = this.#input;
    const key = plan.schema.fields[primaryKeyIndex(plan.schema)];
    const commitTs = options[COMMIT_TS] === undefined ? undefined : BigInt(options[COMMIT_TS]);
    return LiveRows.of(key, deltas, timeBounds(options), wholeBytes, signal, commitTs);
  }

  async *#rowsOf(
    stripe: LogStripe,
    firstRow: number,
    live: LiveRows,
    { batchBytes, signal }: BatchOptions,
    reading: Reading,
  ): AsyncGenerator<InsertBatch> {
    const fields = this.#begin(stripe, firstRow, reading);
    const all = fields.filter((field) => field !== undefined);
    let rowBytes = Math.max(MIN_ROW_BYTES, sum(all.map((field) => field.rowBytes)));
    const [before, bytes] = [this.#sourceBytes, bytesOf(stripe)];
    for (let at = 0; at < stripe.rowCount; ) {
      signal.throwIfAborted();
      const wanted = Math.max(1, Math.floor(batchBytes / rowBytes));
      const rowCount = await fillAll(all, Math.min(wanted, await leftOf(all)), batchBytes);
      const columns = fields.map((field) => field?.take(rowCount));
      this.#checkStructs(stripe, columns, rowCount, firstRow + at, reading.context.rejects);
      const size = sum(columns.map((column) => (column ? columnBytes(column, rowCount) : 0)));
      rowBytes = Math.max(MIN_ROW_BYTES, size / rowCount);
      at += rowCount;
      this.#sourceBytes = before + Math.round((bytes * at) / stripe.rowCount);
      const whole = { rowCount, columns, sourceBytes: this.#sourceBytes };
      const good = await reading.context.rejects.taken(whole, firstRow + at - rowCount);
      const taken = good && this.#liveOf(good, live);
      if (taken) yield taken;
    }
    for (const field of all) await field.finish();
  }

  /** Goes to the logs of a stripe. */
  #begin({ columns }: LogStripe, firstRow: number, reading: Reading): (FieldRows | undefined)[] {
    return this.#fields.map((field, i) => {
      const column = columns.get(field.fieldId);
      if (!column) return undefined;
      const plan: StoredPlan = (node, of) => storedPlan(field, i, node, of);
      this.#open[i] ??= new FieldRows({ ...reading, name: field.name, plan });
      this.#open[i].begin(column, firstRow);
      return this.#open[i];
    });
  }

  #checkStructs(
    stripe: LogStripe,
    columns: readonly (Column | undefined)[],
    rowCount: number,
    row: number,
    rejects: RowRejects,
  ): void {
    if (this.#schema.structs.length === 0) return;
    const [first] = stripe.columns.values();
    checkStructLengths(this.#schema, columns, rowCount, row, rejects, folderOf(first.log.source.path));
  }

  #liveOf({ columns, ...batch }: InsertBatch, live: LiveRows): InsertBatch | undefined {
    const [rowIds, timestamps] = columns.slice(-2) as [Column, Column];
    const rows = { ...batch, columns: columns.slice(0, -2), storedRows: { rowIds, timestamps } };
    if (live.isAll) return rows;
    return live.taken(rows, columns[primaryKeyIndex(this.#input.plan.schema)] as Column);
  }

  /** A log that is shorter than it was looks like fewer rows. */
  #checkRows(rowCount: number, files: SegmentFiles): void {
    const said = this.#input.options[META_ROWS] ?? String(rowCount);
    if (said === String(rowCount)) return;
    const reason = `the backup's meta says ${said} rows of this segment, and its logs have ${rowCount}: they are not what was backed up; copy the backup anew, or import the folder with backup=true to take it as it is`;
    throw new ImportError("malformed_file", reason, { file: nameOf(files) });
  }

  #warnOfOthers({ columns }: LogStripe, files: SegmentFiles): void {
    const known = new Set(this.#fields.map(({ fieldId }) => fieldId));
    const others = [...columns.keys()].filter((id) => id > TIMESTAMP_FIELD && !known.has(id));
    if (others.length === 0) return;
    const ids = others.sort((a, b) => a - b).join(", ");
    this.#input.warn?.(`${nameOf(files)}: left out, being of no field of the collection: logs of field ${ids}`);
  }

  #warnOfOrder(files: SegmentFiles): void {
    if (pairsAsMilvus(files)) return;
    const reason = "logs of its fields belong together by their numbers; Milvus, which puts 10 before 9, takes others";
    this.#input.warn?.(`${nameOf(files)}: ${reason}`);
  }

  #warnOfLeftOut({ deleted, outside }: LiveRows, files: SegmentFiles): void {
    const parts = [
      ...(deleted > 0 ? [`${deleted} rows that delta logs delete`] : []),
      ...(outside > 0 ? [`${outside} rows outside of start_ts and end_ts`] : []),
    ];
    if (parts.length > 0) this.#input.warn?.(`${nameOf(files)}: left out: ${parts.join(", ")}`);
  }

  async #close(): Promise<void> {
    await Promise.all(this.#open.map((field) => field?.close()));
  }
}

/** The collection's schema, with the ids that its fields have in the segment. */
export function storedSchema({ plan, options }: Pick<ReaderInput, "plan" | "options">): CollectionSchema {
  const text = options[FIELD_IDS];
  if (text === undefined) return plan.schema;
  const ids: Readonly<Record<string, number>> = JSON.parse(text);
  // One that the segment has not gets an id that no log has.
  const fields = plan.schema.fields.map((field) => ({ ...field, fieldId: ids[field.name] ?? -1 }));
  return { ...plan.schema, fields };
}

/** @throws {ImportError} as `segmentFiles` */
export function filesOf({ sources, options }: Pick<ReaderInput, "sources" | "options">): SegmentFiles {
  const groups = options[COLUMN_GROUPS];
  if (groups !== undefined) return groupedFiles(sources, JSON.parse(groups));
  return segmentFiles(sources, Number(options[DELTA_LOGS] ?? 0));
}

function storedPlan(field: FieldSchema, position: number, node: SchemaNode, { log }: LogColumn) {
  try {
    return storedValues(field, position, node);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const at = { file: log.source.path, field: field.name };
    throw new ImportError("schema_mismatch", error.message, at, { cause: error });
  }
}

/** Rows that all fields have in the row groups that they are in. */
async function leftOf(fields: readonly FieldRows[]): Promise<number> {
  // Row groups that begin here are opened together: on a remote store their first ranges are waited for at once.
  return Math.min(...(await Promise.all(fields.map((field) => field.left()))));
}

/** Columns that may stop early go first; the others then read exactly the rows that all of those have. */
async function fillAll(fields: readonly FieldRows[], wanted: number, batchBytes: number): Promise<number> {
  let rows = wanted;
  for (const field of fields) if (field.mayStop) rows = Math.min(rows, await field.fill(rows, batchBytes));
  for (const field of fields) if (!field.mayStop) await field.fill(rows, batchBytes);
  return rows;
}

function bytesOf({ columns }: LogStripe): number {
  const logs = new Set([...columns.values()].map(({ log }) => log));
  return sum([...logs].map(({ sizeBytes }) => sizeBytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The folder of the segment. */
function nameOf({ directories }: SegmentFiles): string {
  return folderOf(directories[0].logs[0].path);
}

function folderOf(log: string): string {
  return log.split("/").slice(0, -2).join("/");
}
