import { type Column, createBuilder, type FixedBuilder, type InsertBatch, VarBuilder } from "@sluice/columns";
import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { Coercions } from "../../../coercions.ts";
import type { BatchOptions, ReaderInput } from "../../../format.ts";
import type { BoundColumns } from "../../../plan/bind-columns.ts";
import type { FieldPlan } from "../../../plan/field-plan.ts";
import { nullRefused } from "../../../plan/refusals.ts";
import { RowRejects } from "../../../row-rejects.ts";
import { withLine } from "../../line-counter.ts";
import { rowCapacity } from "../../row-capacity.ts";
import { plannedParser } from "../planned-parser.ts";
import { fieldReader, readField } from "../read-field.ts";
import { parseStruct } from "../struct-parser.ts";
import { alignedRows, bind, checkCount, warnOf } from "./bind-found.ts";
import { ColumnCursor, type ColumnTaker } from "./column-cursor.ts";
import { type ColumnValues, type FoundColumn, findColumns } from "./find-columns.ts";
import { MetaColumn } from "./meta-column.ts";

/** Bytes that the windows of all columns read at once. */
const READ_BYTES = 8 << 20;
const MAX_CHUNK_BYTES = 4 << 20;
const MIN_CHUNK_BYTES = 16 << 10;
const NULL = 0x6e;

/** A file of columns, with the keys that lead to them. */
export interface ColumnsFile {
  readonly source: SourceFile;
  readonly path: readonly string[];
}

/**
 * Rows of files of columns: their columns are found in one pass, and then read side by side.
 * @throws {ImportError} as `FormatReader.batches`
 */
export async function* columnBatches(
  files: readonly ColumnsFile[],
  input: ReaderInput,
  options: BatchOptions,
): AsyncGenerator<InsertBatch> {
  const found: FoundColumn[] = [];
  for (const { source, path } of files) found.push(...(await findColumns(source, path, input.plan, options.signal)));
  // What is empty fits.
  if (found.length > 0 && found.every(({ values }) => values?.count === 0)) return;
  await using table = new ColumnTable(found, input, options);
  try {
    yield* table.batches();
  } catch (error) {
    const file = error instanceof ImportError ? error.at?.file : undefined;
    const source = files.find((each) => each.source.path === file)?.source;
    throw source ? await withLine(error, source, options.signal) : error;
  }
}

function metaIndexOf({ schema }: FieldPlan): number {
  return schema.fields.findIndex((field) => field.isDynamic);
}

/** Columns that become keys of `$meta`. */
function extrasOf(plan: FieldPlan, { extras }: BoundColumns<FoundColumn>): typeof extras {
  const isFolded = metaIndexOf(plan) >= 0 && plan.options.foldExtraColumns;
  return isFolded ? extras.filter(({ column }) => column.values) : [];
}

class ColumnTable implements AsyncDisposable {
  readonly #plan: FieldPlan;
  readonly #input: ReaderInput;
  readonly #coercions = new Coercions();
  readonly #options: BatchOptions;
  readonly #rejects: RowRejects;
  readonly #builders: readonly (FixedBuilder | VarBuilder)[];
  /** Whether a field has a column. */
  readonly #isGiven: boolean[];
  readonly #meta: MetaColumn | undefined;
  readonly #cursors: ColumnCursor[] = [];
  readonly #capacity: number;
  readonly #rowCount: number;
  /** Rows that are read of all columns in turn: so many that their values of varying length fill no more than a batch. */
  readonly #blockRows: number;

  constructor(found: readonly FoundColumn[], input: ReaderInput, options: BatchOptions) {
    const { plan } = input;
    const { schema } = plan;
    this.#plan = plan;
    this.#input = input;
    this.#options = options;
    this.#rejects = new RowRejects(options.onReject);
    this.#capacity = rowCapacity(schema, options.batchBytes);
    this.#builders = schema.fields.map((field) => createBuilder(field, this.#capacity));
    this.#isGiven = schema.fields.map(() => false);
    const bound = bind(plan, found);
    const extras = extrasOf(plan, bound);
    const [names, columns] = [extras.map(({ name }) => name), extras.map(({ column }) => column)];
    const used = [...bound.fields, ...bound.structs, ...columns].filter((column) => column !== undefined);
    checkCount(used, input);
    this.#rowCount = alignedRows(used);
    warnOf(input, bound, names, found);
    this.#meta = this.#metaColumn(names, bound);
    this.#open(bound, columns, used);
    const longest = used.reduce((sum, { values }) => sum + (values?.maxBytes ?? 0), 0);
    this.#blockRows = Math.max(1, Math.min(this.#capacity, Math.floor(options.batchBytes / Math.max(1, longest))));
  }

  /** Undefined for a collection without dynamic fields. */
  #metaColumn(names: readonly string[], { fields }: BoundColumns<FoundColumn>): MetaColumn | undefined {
    const index = metaIndexOf(this.#plan);
    if (index < 0) return undefined;
    this.#isGiven[index] = true;
    const builder = this.#builders[index] as VarBuilder;
    return new MetaColumn(this.#plan, builder, names, fields[index] !== undefined, this.#capacity);
  }

  #open(bound: BoundColumns<FoundColumn>, extras: readonly FoundColumn[], used: readonly FoundColumn[]): void {
    const total = used.reduce((sum, { values }) => sum + bytesOf(values), 0);
    const open = (column: FoundColumn, taker: ColumnTaker) => {
      const share = Math.ceil((READ_BYTES * bytesOf(column.values)) / Math.max(1, total));
      const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, share, bytesOf(column.values) + 2));
      const { signal } = this.#options;
      this.#cursors.push(
        new ColumnCursor(column, column.values as ColumnValues, taker, this.#rejects, chunkBytes, signal),
      );
    };
    for (const [i, column] of bound.fields.entries()) if (column) open(column, this.#takerOf(i));
    for (const [i, column] of bound.structs.entries()) if (column) open(column, this.#structTaker(i));
    for (const [n, column] of extras.entries()) open(column, (this.#meta as MetaColumn).taker(n, column.name));
  }

  #takerOf(index: number): ColumnTaker {
    const builder = this.#builders[index];
    const { field } = builder;
    if (field.isDynamic) return (this.#meta as MetaColumn).ownTaker();
    const parse = plannedParser(this.#plan, builder, this.#coercions);
    const reader = fieldReader(builder, parse, this.#plan.options);
    this.#isGiven[index] = true;
    return {
      field: field.name,
      take: (scanner, p, row) => readField(reader, scanner, p, row),
      pass: (row) => passRow(builder, row),
    };
  }

  #structTaker(index: number): ColumnTaker {
    const { schema } = this.#plan;
    const struct = schema.structs[index];
    const positions = struct.members.map((name) =>
      schema.fields.findIndex((field) => field.name === `${struct.name}[${name}]`),
    );
    const members = positions.map((position) => this.#builders[position] as VarBuilder);
    for (const position of positions) this.#isGiven[position] = true;
    return {
      field: struct.name,
      take: (scanner, p, row) => {
        if (scanner.bytes[p] !== NULL) return parseStruct({ struct, members }, scanner, p, row);
        const end = scanner.word(p, "null");
        if (!struct.nullable) scanner.invalid(p, nullRefused(struct.name));
        for (const member of members) member.fill(row);
        return end;
      },
      pass: (row) => {
        for (const member of members) passRow(member, row);
      },
    };
  }

  async *batches(): AsyncGenerator<InsertBatch> {
    let done = 0;
    while (done < this.#rowCount) {
      const rowCount = await this.#fill(this.#rowCount - done);
      this.#meta?.build(rowCount);
      const columns = this.#builders.map((builder, i): Column | undefined =>
        this.#isGiven[i] ? builder.take(rowCount) : undefined,
      );
      const sourceBytes = this.#cursors.reduce((sum, cursor) => sum + cursor.doneBytes, 0);
      const taken = await this.#rejects.taken({ rowCount, columns, sourceBytes }, done);
      done += rowCount;
      if (taken) yield taken;
    }
    for (const cursor of this.#cursors) await cursor.finish();
    const { warning } = this.#coercions;
    if (warning !== undefined) this.#input.warn?.(`${this.#input.sources[0].path}: ${warning}`);
  }

  /** Reads rows block by block until the batch is large enough. */
  async #fill(rows: number): Promise<number> {
    const most = Math.min(rows, this.#capacity);
    let filled = 0;
    while (filled < most && this.#varBytes(filled) < this.#options.batchBytes) {
      this.#options.signal.throwIfAborted();
      const to = Math.min(most, filled + this.#blockRows);
      for (const cursor of this.#cursors) await cursor.fill(filled, to);
      this.#checkLabels();
      filled = to;
    }
    return filled;
  }

  #varBytes(row: number): number {
    let bytes = this.#meta?.bytesBefore(row) ?? 0;
    for (const [i, builder] of this.#builders.entries())
      if (this.#isGiven[i] && builder instanceof VarBuilder && !builder.field.isDynamic) bytes += builder.offsets[row];
    return bytes;
  }

  /** Rows of pandas are told apart by their labels: columns in another order of rows would be other rows. */
  #checkLabels(): void {
    const [first, ...others] = this.#cursors.filter(({ labels }) => labels.length > 0);
    for (const { labels, field, file } of others) {
      const i = labels.findIndex((label, k) => label !== first.labels[k]);
      if (i < 0) continue;
      const reason = `imported rows are not aligned, a value of field '${field}' has the label ${excerpt(labels[i])}, that of field '${first.field}' ${excerpt(first.labels[i] ?? "none")}`;
      throw new ImportError("malformed_file", reason, { file, field });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cursor of this.#cursors) await cursor.close();
  }
}

function bytesOf(values: ColumnValues | undefined): number {
  return values ? values.end - values.start : 0;
}

function passRow(builder: FixedBuilder | VarBuilder, row: number): void {
  if (builder instanceof VarBuilder) builder.put(row, undefined);
}
