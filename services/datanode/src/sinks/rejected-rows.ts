import { excerpt, ImportError } from "@sluice/errors";
import type { FileText, RejectedRow } from "@sluice/formats";
import {
  MAX_NAMED_ROWS,
  MAX_REASON_CHARACTERS,
  type RejectedRowRecord,
  type RowTolerance,
  type SetFindings,
  tooManyRejected,
} from "@sluice/jobs/findings";
import type { TaskContext } from "../tasks/task-kind.ts";
import { ObjectParts } from "./object-parts.ts";

/** How many rows may be rejected, and where they are written. */
export interface RejectedRowsOptions {
  readonly tolerance: RowTolerance;
  /** Objects with the rows are written below it; absent = rows are only counted and named. */
  readonly prefix?: string;
}

/** One set of files whose bad rows are put aside. */
export interface RejectedSet {
  /** Position in the task. */
  readonly set: number;
  readonly file: string;
  /** How rows become a file of the set's format again; absent where they have no text. */
  readonly text: FileText | undefined;
  /** What such a file begins with, where its format's `text` does not say. */
  readonly head: () => string | undefined;
}

/** The rejected rows of one set. */
export interface OpenRejects {
  readonly add: (row: RejectedRow) => Promise<void>;
  /** Everything is durable when this resolves. */
  readonly finish: () => Promise<SetFindings>;
}

/** The rows of a task that cannot be imported: counted, the first ones named, all of them kept in objects beside each other. */
export class RejectedRows {
  readonly #options: RejectedRowsOptions;
  readonly #context: Pick<TaskContext, "objects" | "signal">;
  readonly #named: RejectedRowRecord[] = [];
  #rejectedRows = 0;

  constructor(options: RejectedRowsOptions, context: Pick<TaskContext, "objects" | "signal">) {
    this.#options = options;
    this.#context = context;
  }

  /** The first rejected rows of all sets. */
  get named(): readonly RejectedRowRecord[] {
    return this.#named;
  }

  /** Takes the rows of one set until `finish`. */
  begin(set: RejectedSet): OpenRejects {
    const objects = this.#objectsOf(set);
    let rejectedRows = 0;
    return {
      add: async (row) => {
        rejectedRows++;
        const record = recordOf(row, set.file);
        this.#count(record, row.error);
        // Values of a row that stand in columns have no text together.
        if (row.text) await objects?.rows?.add(row.text.bytes);
        await objects?.reasons.add(Buffer.from(JSON.stringify(record)));
      },
      finish: async () => {
        const [rows = [], reasons = []] = [await objects?.rows?.finish(), await objects?.reasons.finish()];
        return { rejectedRows, ...(reasons.length > 0 && { objects: { rows, reasons } }) };
      },
    };
  }

  /** A share is judged at the end of the job, a number as soon as one task alone is above it. */
  #count(record: RejectedRowRecord, error: ImportError): void {
    this.#rejectedRows++;
    if (this.#named.length < MAX_NAMED_ROWS) this.#named.push(record);
    const { maxRows } = this.#options.tolerance;
    if (maxRows === undefined || this.#rejectedRows <= maxRows) return;
    const { reason = "" } = tooManyRejected({ maxRows }, { rejectedRows: this.#rejectedRows }) ?? {};
    throw new ImportError(error.code, `${error.reason} (${reason})`, error.at, { cause: error });
  }

  #objectsOf({ set, text, head }: RejectedSet) {
    const { prefix } = this.#options;
    if (prefix === undefined) return undefined;
    const { objects, signal } = this.#context;
    const keyOf = (name: string, extension: string) => (part: number) => `${prefix}${set}/${name}.${part}${extension}`;
    const context = { objects, signal };
    return {
      rows: text && new ObjectParts(keyOf("rows", text.extension), text, context, () => head() ?? text.before),
      reasons: new ObjectParts(keyOf("reasons", jsonLines.extension), jsonLines, context),
    };
  }
}

const jsonLines: FileText = { extension: ".jsonl", before: "", between: "\n", after: "\n" };

function recordOf({ row, error }: RejectedRow, file: string): RejectedRowRecord {
  const { field, byteOffset } = error.at ?? {};
  return {
    file: error.at?.file ?? file,
    row,
    reason: excerpt(error.reason, MAX_REASON_CHARACTERS),
    code: error.code,
    ...(field !== undefined && { field }),
    ...(byteOffset !== undefined && { byteOffset }),
  };
}
