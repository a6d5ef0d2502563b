import type { InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceSet } from "@sluice/jobs";
import type { BatchSink } from "../sinks/batch-sink.ts";
import type { GivenIds } from "../sinks/given-ids.ts";
import type { RepeatedKeys } from "../sinks/repeated-keys.ts";
import type { UniqueRows } from "../sinks/unique/unique-rows.ts";

/** Takes the rows of one set, and tells how many of them it took. */
export interface RowTaker {
  /** See `BatchOptions.wholeBytes`. */
  readonly wholeBytes?: number | undefined;
  /** Takes a batch, which is the caller's again when this resolves; answers how many rows were taken. */
  append(batch: InsertBatch): Promise<number>;
  /** A row was put aside. */
  skip(row: number): void;
}

/** Where the rows of a task go. */
interface TaskRows {
  readonly sink: BatchSink;
  /** Leaves rows out; without it, `keys` looks at what is imported more than once. */
  readonly unique: UniqueRows | undefined;
  readonly ids: GivenIds | undefined;
  readonly keys: RepeatedKeys | undefined;
}

/** Into the sink, without those whose key another row has. */
export class SetRows implements RowTaker {
  readonly #to: TaskRows;
  readonly #file: string;
  /** Rows are numbered as in the file: none before them was left out. */
  #isCounted: boolean;
  #rows = 0;
  duplicates = 0;

  /** @param isWhole the rows are those of the file from its first one on */
  constructor(set: SourceSet, to: TaskRows, isWhole: boolean) {
    this.#to = to;
    this.#file = set.files[0].path;
    this.#isCounted = isWhole && set.files.length === 1 && !to.unique;
    to.unique?.beginSet(this.#file);
  }

  /** Undefined where rows may be left out: a batch is not written as it came then. */
  get wholeBytes(): number | undefined {
    return this.#to.unique ? undefined : this.#to.sink.wholeBytes;
  }

  async append(batch: InsertBatch): Promise<number> {
    const { sink, unique, ids, keys } = this.#to;
    const keyed = ids?.fill(batch) ?? batch;
    const taken = unique?.take(keyed) ?? { batch: keyed, duplicates: 0 };
    this.duplicates += taken.duplicates;
    keys?.add(keyed);
    try {
      if (taken.batch) await sink.append(taken.batch);
    } catch (error) {
      throw this.#placed(error);
    }
    this.#rows += batch.rowCount;
    return taken.batch?.rowCount ?? 0;
  }

  /** What a function says of a row of the batch, said of the file. */
  #placed(error: unknown): unknown {
    if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
    const { row, ...place } = error.at;
    const at = { file: this.#file, ...(this.#isCounted && { row: this.#rows + row }), ...place };
    return new ImportError(error.code, error.reason, at, { cause: error });
  }

  skip(row: number): void {
    this.#isCounted = false;
    this.#to.unique?.skip(row);
    this.#to.ids?.skip(row);
  }
}
