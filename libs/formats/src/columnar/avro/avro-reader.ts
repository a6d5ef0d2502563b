import type { InsertBatch } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { damaged } from "../../avro/read-datum.ts";
import type { BatchOptions, FormatReader, ReaderInput, RejectedRow } from "../../format.ts";
import { RowRejects } from "../../row-rejects.ts";
import { onlyOne } from "../../rows/only-one.ts";
import type { ArrowColumnPlan } from "../arrow/columns/column-decoder.ts";
import { OpenColumns } from "../arrow/open-columns.ts";
import { planColumns } from "../arrow/plan-columns.ts";
import { type AvroBlock, AvroBlocks, type AvroFile, openAvro } from "./avro-file.ts";
import { BlockCursor } from "./block-cursor.ts";
import { RowColumns } from "./row-columns.ts";

/** Avro: the values of each row, one behind the other, become columns, which are read as those of Arrow are. */
export class AvroReaderOfRows implements FormatReader {
  readonly #input: ReaderInput;
  readonly #source: SourceFile;

  /** @throws {ImportError} `request_invalid` unless there is exactly one source */
  constructor(input: ReaderInput) {
    this.#input = input;
    this.#source = onlyOne(input.sources, "Avro");
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { signal, onReject } = options;
    const file = await openAvro(this.#source, signal);
    const blocks = new AvroBlocks(this.#source, file, signal);
    let rowsBefore: number | undefined;
    /** Rows of a range count from the start of the file: those before it are counted when there is something to say. */
    const placed = async (error: unknown) => {
      const { range } = this.#input;
      if (!(error instanceof ImportError) || error.at?.row === undefined || !range?.begin) return error;
      rowsBefore ??= await blocks.rowsBefore(range);
      return new ImportError(
        error.code,
        error.reason,
        { ...error.at, row: error.at.row + rowsBefore },
        { cause: error },
      );
    };
    const reject = async ({ error }: RejectedRow) => {
      const moved = (await placed(error)) as ImportError;
      await onReject?.({ row: moved.at?.row ?? 0, error: moved });
    };
    try {
      yield* this.#read(file, blocks, options, new RowRejects(onReject && reject));
    } catch (error) {
      throw await placed(locate(error, { file: this.#source.path }));
    }
  }

  async *#read(
    file: AvroFile,
    blocks: AvroBlocks,
    { batchBytes, signal }: BatchOptions,
    rejects: RowRejects,
  ): AsyncGenerator<InsertBatch> {
    const plans = await plansOf(file, blocks, this.#input);
    if (!plans) return;
    const columns = new OpenColumns(plans, this.#input, rejects);
    const rows = new RowColumns(file.nodes, columns.paths, batchBytes);
    const cursor = new BlockCursor();
    let row = 0;
    for await (const block of blocks.blocks(this.#input.range)) {
      signal.throwIfAborted();
      cursor.open(await blocks.content(block));
      for (let left = block.rowCount; left > 0; ) {
        const firstRow = row;
        const rowCount = this.#readRows(rows, cursor, left, row, block);
        left -= rowCount;
        row += rowCount;
        const sourceBytes = block.end - (this.#input.range?.begin ?? 0);
        const batch = columns.batch(rows.take(), rowCount, firstRow, sourceBytes);
        const taken = await rejects.taken(batch, firstRow);
        if (taken) yield taken;
      }
      if (cursor.left > 0)
        throw locate(damaged(`${cursor.left} bytes stand behind the rows of a block`), { byteOffset: block.start });
    }
  }

  /** As many as a batch has. */
  #readRows(rows: RowColumns, cursor: BlockCursor, most: number, row: number, block: AvroBlock): number {
    for (let count = 0; ; ) {
      try {
        rows.read(cursor);
      } catch (error) {
        throw locate(rows.told(error), { file: this.#source.path, row: row + count, byteOffset: block.start });
      }
      if (++count === most || rows.isFull(cursor, count)) return count;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** @returns undefined for a file without rows that does not fit: of an empty table nobody has chosen the types of its columns */
export async function plansOf(
  file: AvroFile,
  blocks: AvroBlocks,
  { plan, sources: [{ path }], warn }: Pick<ReaderInput, "plan" | "sources" | "warn">,
): Promise<ArrowColumnPlan[] | undefined> {
  try {
    return planColumns(file, plan, path, warn);
  } catch (error) {
    for await (const { rowCount } of blocks.blocks()) if (rowCount > 0) throw error;
    return undefined;
  }
}
