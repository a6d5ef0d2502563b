import { type Column, type InsertBatch, takeRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { BatchOptions, FormatReader, ReaderInput } from "../format.ts";

/** The reader of a part, and the file that stands for it in messages. */
export interface OpenPart {
  readonly reader: FormatReader;
  readonly file: string;
}

/** Rows whose columns several readers give, side by side: row i of all of them is one row. */
export class JoinedReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #open: (signal: AbortSignal) => Promise<readonly OpenPart[]>;
  #parts: readonly OpenPart[] = [];

  constructor(input: ReaderInput, open: (signal: AbortSignal) => Promise<readonly OpenPart[]>) {
    this.#input = input;
    this.#open = open;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    this.#parts = await this.#open(options.signal);
    const batchBytes = Math.max(1, Math.floor(options.batchBytes / this.#parts.length));
    const walks = this.#parts.map((part) => new PartWalk(part, { ...options, batchBytes }));
    try {
      for (let row = 0; ; ) {
        for (const walk of walks) await walk.fill(row);
        const end = Math.min(...walks.map((walk) => walk.end));
        if (end === row) return checkAligned(walks, row);
        const batch = await this.#join(walks, row, end, options);
        if (batch) yield batch;
        row = end;
      }
    } finally {
      for (const walk of walks) await walk.close();
    }
  }

  /** Rows `[first, end)` of all parts, without those that a part refuses; undefined when none is left. */
  async #join(
    walks: readonly PartWalk[],
    first: number,
    end: number,
    { onReject }: BatchOptions,
  ): Promise<InsertBatch | undefined> {
    const kept: number[] = [];
    for (let row = first; row < end; row++) {
      const error = walks.find((walk) => walk.errors.has(row))?.errors.get(row);
      if (!error) kept.push(row);
      else await onReject?.({ row, error });
    }
    const columns = new Array<Column | undefined>(this.#input.plan.schema.fields.length).fill(undefined);
    for (const walk of walks) walk.place(kept, columns);
    for (const walk of walks) walk.forget(end);
    const sourceBytes = walks.reduce((sum, walk) => sum + walk.sourceBytes, 0);
    return kept.length === 0 ? undefined : { rowCount: kept.length, columns, sourceBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reader } of this.#parts) await reader[Symbol.asyncDispose]();
  }
}

function checkAligned(walks: readonly PartWalk[], row: number): void {
  const longer = walks.find((walk) => walk.end > row);
  const shorter = walks.find((walk) => walk.end === row);
  if (!longer || !shorter) return;
  const reason = `imported rows are not aligned: ${shorter.file} has ${row} rows, ${longer.file} has more`;
  throw new ImportError("malformed_file", reason, { file: shorter.file, row });
}

/** Goes through the rows of one part, batch by batch. */
class PartWalk {
  readonly file: string;
  /** Refused rows that are not passed yet. */
  readonly errors = new Map<number, ImportError>();
  /** Behind the last row that is known. */
  end = 0;
  sourceBytes = 0;
  readonly #batches: AsyncIterator<InsertBatch>;
  #batch: InsertBatch | undefined;
  /** Rows of the file that the batch has, in order. */
  #rows = new Float64Array(0);
  #isDone = false;

  constructor({ reader, file }: OpenPart, options: BatchOptions) {
    this.file = file;
    const onReject = options.onReject && {
      onReject: ({ row, error }: { row: number; error: ImportError }) => void this.errors.set(row, error),
    };
    const { batchBytes, signal } = options;
    this.#batches = reader.batches({ batchBytes, signal, ...onReject })[Symbol.asyncIterator]();
  }

  /** Makes sure that row `row` is known, unless the part has not so many. */
  async fill(row: number): Promise<void> {
    while (this.end <= row && !this.#isDone) {
      const { value, done } = await this.#batches.next();
      this.#isDone = done === true;
      this.#take(done ? undefined : value);
    }
  }

  /** Rows that were refused have no place in the batch: all others follow each other. */
  #take(batch: InsertBatch | undefined): void {
    this.#batch = batch;
    if (batch) this.sourceBytes = batch.sourceBytes;
    this.#rows = new Float64Array(batch?.rowCount ?? 0);
    for (let i = 0; i < this.#rows.length; this.end++) if (!this.errors.has(this.end)) this.#rows[i++] = this.end;
    while (this.errors.has(this.end)) this.end++;
  }

  /** Puts the part's columns of these rows, which it knows all, where they belong. */
  place(rows: readonly number[], columns: (Column | undefined)[]): void {
    const batch = this.#batch;
    if (!batch) return;
    const isWhole = rows.length === batch.rowCount && rows[0] === this.#rows[0];
    let at = 0;
    const taken = Uint32Array.from(isWhole ? [] : rows, (row) => {
      while (this.#rows[at] < row) at++;
      return at;
    });
    for (const [i, column] of batch.columns.entries())
      if (column) columns[i] = isWhole ? column : takeRows(column, taken);
  }

  /** Rows before `row` are done. */
  forget(row: number): void {
    for (const refused of this.errors.keys()) if (refused < row) this.errors.delete(refused);
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
