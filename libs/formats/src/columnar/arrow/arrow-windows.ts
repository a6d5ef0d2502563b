import { giveMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { SourceRange } from "../../format.ts";
import { type ArrowContainer, messagesOf } from "./ipc/arrow-container.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";
import type { ArrowValues } from "./ipc/arrow-values.ts";
import { BatchBody, type ReadMemory } from "./ipc/batch-body.ts";
import { Dictionaries, MAX_DICTIONARY_BYTES } from "./ipc/dictionaries.ts";
import { RowLoader } from "./ipc/load-rows.ts";
import type { ArrowMessage, BatchInfo } from "./ipc/read-message.ts";

/** What the rows of a window may take, however many bytes a batch claims for them. */
const MAX_WINDOW_BYTES = 256 << 20;
/** Compressed bytes hold about so many times as many. */
const INFLATION = 3;

/** Some rows, with the values of the columns that are needed. */
export interface ArrowWindow {
  readonly rowCount: number;
  /** From the first row that is read. */
  readonly firstRow: number;
  /** Parallel to the paths. */
  readonly values: readonly ArrowValues[];
  /** Bytes of the file up to its end, about. */
  readonly sourceBytes: number;
  /** Ends the use of its memory. */
  close(): void;
}

/** Which rows and columns are loaded, and how much at once. */
export interface WindowOptions {
  /** Columns that are needed, each by the structs that it lies in and itself. */
  readonly paths: readonly (readonly ArrowField[])[];
  /** Bytes of a row's columns, as far as they are known. */
  readonly rowBytes: number;
  readonly windowBytes: number;
  readonly range: SourceRange | undefined;
  readonly signal: AbortSignal;
  /** Called where a stream just ends. */
  readonly onOpenEnd: () => void;
}

interface OpenBatch {
  readonly info: BatchInfo;
  readonly rows: RowLoader;
  readonly windowRows: number;
}

class TooManyBytes extends Error {}

/** The rows of a file, window by window. Windows hold parts of batches: a batch may be larger than memory. */
export class ArrowWindows {
  readonly #source: SourceFile;
  readonly #fields: readonly ArrowField[];
  readonly #options: WindowOptions;
  readonly #messages: AsyncGenerator<ArrowMessage>;
  readonly #dictionaries: Dictionaries;
  #batch: OpenBatch | undefined;
  /** Of the batch, the next one to be read. */
  #row = 0;
  #rowsBefore = 0;
  #bytesBefore = 0;

  constructor(source: SourceFile, container: ArrowContainer, options: WindowOptions) {
    this.#source = source;
    this.#fields = container.fields;
    this.#options = options;
    this.#messages = messagesOf(source, container, options);
    this.#dictionaries = new Dictionaries(options.paths.map((path) => path[path.length - 1]));
  }

  /** Undefined behind the last row. @throws {ImportError} */
  async next(): Promise<ArrowWindow | undefined> {
    while (!this.#batch || this.#row === this.#batch.info.rowCount) if (!(await this.#nextBatch())) return undefined;
    const { info, windowRows } = this.#batch;
    const wanted = Math.min(windowRows, info.rowCount - this.#row);
    const window = await this.#load(wanted);
    this.#row += window.rowCount;
    return window;
  }

  /** Ends the reading of messages. */
  async close(): Promise<void> {
    await this.#messages.return(undefined);
  }

  async #nextBatch(): Promise<boolean> {
    if (this.#batch) {
      this.#rowsBefore += this.#batch.info.rowCount;
      this.#bytesBefore += this.#batch.info.bodyBytes;
    }
    this.#batch = undefined;
    this.#row = 0;
    for (;;) {
      const { value: message, done } = await this.#messages.next();
      if (done) return false;
      if (message.kind === "dictionary") await this.#readDictionary(message.id, message.isDelta, message.batch);
      if (message.kind !== "batch") continue;
      this.#batch = this.#opened(message.batch);
      return true;
    }
  }

  #opened(info: BatchInfo): OpenBatch {
    const { paths, rowBytes, windowBytes, signal } = this.#options;
    const rows = new RowLoader(this.#fields, info, new BatchBody(this.#source, info, signal), this.#dictionaries);
    const read = paths.reduce((sum, path) => sum + rows.bytesOf(path[path.length - 1]), 0);
    const perRow = Math.max(rowBytes, ((info.compression ? INFLATION : 1) * read) / Math.max(1, info.rowCount), 1);
    // In steps of 64 rows parts of buffers are aligned.
    const windowRows = Math.max(1, Math.floor(windowBytes / perRow / 64) * 64 || Math.floor(windowBytes / perRow));
    return { info, rows, windowRows };
  }

  async #readDictionary(id: bigint, isDelta: boolean, info: BatchInfo): Promise<void> {
    const field = this.#dictionaries.fieldOf(id);
    if (!field) return;
    const { signal } = this.#options;
    const loader = new RowLoader([field], info, new BatchBody(this.#source, info, signal), this.#dictionaries);
    const memory = readMemory(MAX_DICTIONARY_BYTES);
    try {
      this.#dictionaries.put(id, await loader.load([field], 0, info.rowCount, memory), isDelta);
    } catch (error) {
      if (!(error instanceof TooManyBytes)) throw error;
      const reason = `a dictionary holds more than ${MAX_DICTIONARY_BYTES} bytes: write the column without one`;
      throw new ImportError("unsupported", reason);
    }
  }

  /** As many of the rows as fit: half of them, and so on, where values are of very different size. */
  async #load(wanted: number): Promise<ArrowWindow> {
    for (let count = wanted; ; count = Math.ceil(count / 2)) {
      const memory = readMemory(MAX_WINDOW_BYTES);
      try {
        return await this.#loaded(count, memory);
      } catch (error) {
        for (const bytes of memory.taken) giveMemory(bytes);
        if (!(error instanceof TooManyBytes)) throw error;
        const row = this.#rowsBefore + this.#row;
        if (count === 1) throw new ImportError("unsupported", `a row has more than ${MAX_WINDOW_BYTES} bytes`, { row });
      }
    }
  }

  async #loaded(count: number, memory: ReadMemory): Promise<ArrowWindow> {
    const { info, rows } = this.#batch as OpenBatch;
    const loads = this.#options.paths.map((path) => rows.load(path, this.#row, count, memory));
    const results = await Promise.allSettled(loads);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    const share = (this.#row + count) / Math.max(1, info.rowCount);
    return {
      rowCount: count,
      firstRow: this.#rowsBefore + this.#row,
      values: results.map((result) => (result as PromiseFulfilledResult<ArrowValues>).value),
      sourceBytes: this.#bytesBefore + Math.round(info.bodyBytes * share),
      close: () => {
        for (const bytes of memory.taken.splice(0)) giveMemory(bytes);
      },
    };
  }
}

function readMemory(limit: number): ReadMemory {
  let left = limit;
  return {
    taken: [],
    claim: (bytes) => {
      left -= bytes;
      if (left < 0) throw new TooManyBytes();
    },
  };
}
