import type { InsertBatch } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { TooLarge } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import type {
  BatchOptions,
  ColumnDescription,
  FileProbe,
  Format,
  FormatReader,
  ReaderInput,
  RejectedRow,
} from "../format.ts";
import { jsonlFormat } from "../rows/json/index.ts";
import { SequentialFile } from "../sequential-file.ts";
import type { OpenStore, Store } from "./store.ts";

/** What differs between the formats of this family. */
export interface StoreFormatFacts extends Pick<Format, "name" | "title" | "extensions" | "grouping" | "optionKeys"> {
  readonly openStore: OpenStore;
}

/**
 * A format whose files are those of a program that keeps rows in them: its rows are read as lines of JSON that are made on the
 * way, so that mapping, conversions, refusals and rejected rows are those of JSON. Never cut: most rows are found by others.
 */
export function storeFormat({ openStore, ...facts }: StoreFormatFacts): Format {
  return {
    ...facts,
    takesForms: true,
    rangeUnit: undefined,
    text: jsonlFormat.text,
    describe: async (sources, signal, options = {}) => {
      const opened = await opening(openStore, sources, options, signal);
      const described = await withoutOffsets(() => jsonlFormat.describe([textOf(opened, sources[0])], signal));
      const isText = ({ dataType }: ColumnDescription) => dataType === DataType.VarChar;
      return { ...described, columns: described.columns.map((column) => ({ ...column, mayBeLists: isText(column) })) };
    },
    probe: async ({ sources, options }, signal): Promise<FileProbe> => {
      await opening(openStore, sources, options, signal);
      return { rowCount: undefined, cuts: "nowhere", extent: sizeOf(sources) };
    },
    open: (input) => new StoreReader(input, openStore),
  };
}

function sizeOf(sources: readonly SourceFile[]): number {
  return sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Its errors are those of the first file where they name none. */
async function opening(...[open, sources, options, signal]: [OpenStore, ...Parameters<OpenStore>]): Promise<Store> {
  const packed = sources.find(({ supports }) => !supports.randomAccess);
  if (packed)
    throw new ImportError("unsupported", "a store cannot be compressed: decompress it", { file: packed.path });
  try {
    return await open(sources, options, signal);
  } catch (error) {
    throw locate(error, { file: sources[0].path });
  }
}

function textOf(store: Store, source: SourceFile): SequentialFile {
  return new SequentialFile(source, () => {
    const chunks = store.rows()[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { value, done } = await chunks.next();
        return done ? undefined : value;
      },
      [Symbol.asyncDispose]: async () => void (await chunks.return?.()),
    };
  });
}

class StoreReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #openStore: OpenStore;

  constructor(input: ReaderInput, openStore: OpenStore) {
    this.#input = input;
    this.#openStore = openStore;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const { sources, options: own, warn } = this.#input;
    const read = new ReadBytes();
    const store = await opening(this.#openStore, sources.map(read.counted), own, options.signal);
    for (const note of store.notes) warn?.(note);
    await using text = textOf(store, sources[0]);
    await using reader = jsonlFormat.open({
      ...this.#input,
      plan: this.#input.plan.withTextVectors(),
      sources: [text],
    });
    const { onReject } = options;
    const rows = { ...options, ...(onReject && { onReject: (row: RejectedRow) => onReject(placed(row)) }) };
    const batches = reader.batches(rows)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value, done } = await withoutOffsets(() => batches.next());
        if (done) return;
        yield { ...value, sourceBytes: Math.min(read.bytes, sizeOf(sources)) };
      }
    } finally {
      await batches.return?.(undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** How much of files was read, for progress. */
class ReadBytes {
  bytes = 0;

  readonly counted = (file: SourceFile): SourceFile => ({
    ...{ path: file.path, sizeBytes: file.sizeBytes, version: file.version, supports: file.supports },
    readInto: async (position, target, signal) => {
      const count = await file.readInto(position, target, signal);
      this.bytes += count;
      return count;
    },
    read: (range, signal) => file.read(range, signal),
    check: (signal) => file.check(signal),
    [Symbol.asyncDispose]: async () => {},
  });
}

/** Where a row stands in the text that was made of the store says nothing of the store. */
async function withoutOffsets<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TooLarge) throw new ImportError("unsupported", error.message);
    throw error instanceof ImportError && error.at?.row !== undefined ? unplaced(error) : error;
  }
}

function placed(row: RejectedRow): RejectedRow {
  return { ...row, error: unplaced(row.error) };
}

function unplaced(error: ImportError): ImportError {
  const { byteOffset: _, line: __, ...at } = error.at ?? {};
  return new ImportError(error.code, error.reason, at, { cause: error.cause ?? error });
}
