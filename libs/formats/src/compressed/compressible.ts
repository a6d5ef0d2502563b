import type { InsertBatch } from "@sluice/columns";
import type { SourceFile } from "@sluice/object-store";
import type { BatchOptions, Format, FormatReader, ReaderInput } from "../format.ts";
import { PeekedFile } from "../rows/peeked-file.ts";
import { compressionOf, withoutCompression } from "./compressions.ts";
import { InflatedFile } from "./inflated-file.ts";

/** Of each file: as many as readers of text look at, who find them in memory then. */
const PEEK_BYTES = 256 << 10;

/** The format, whose files may be compressed: told by their first bytes, whatever the name. Such files are never cut. */
export function compressible(format: Format): Format {
  return {
    ...format,
    describe: async (sources, signal, options) => {
      await using opened = await openPlain(sources, signal);
      return await format.describe(opened.files, signal, options);
    },
    probe: async (input, signal) => {
      await using opened = await openPlain(input.sources, signal);
      const probe = await format.probe({ ...input, sources: opened.files }, signal);
      if (opened.inflated.length === 0 && input.sources.every(isCuttable)) return probe;
      const extent = input.sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return { rowCount: probe.rowCount, cuts: "nowhere", extent };
    },
    // What is cut is not compressed.
    open: (input) => (input.range ? format.open(input) : new CompressibleReader(format, input)),
  };
}

/** What is decompressed on the way by whoever opened it is read from front to back. */
function isCuttable({ supports }: SourceFile): boolean {
  return supports.randomAccess;
}

/** Whether a name is that of a file of the format, compressed or not. */
export function isNameOf(format: Format, name: string): boolean {
  const plain = (mayBeCompressed(format) ? withoutCompression(name) : undefined) ?? name;
  return format.extensions.some((extension) => plain.toLowerCase().endsWith(extension));
}

/** Whether its files are the text that it writes rejected rows as, or are read as text is. */
export function mayBeCompressed({ extensions, text, isSequential }: Format): boolean {
  return isSequential === true || (text !== undefined && extensions.includes(text.extension));
}

class PlainFiles implements AsyncDisposable {
  readonly files: readonly SourceFile[];
  readonly inflated: readonly InflatedFile[];
  constructor(files: readonly SourceFile[]) {
    this.files = files;
    this.inflated = files.filter((file) => file instanceof InflatedFile);
  }

  /** Of the compressed files, all bytes that were decompressed until now. */
  get compressedBytes(): number {
    return this.inflated.reduce((sum, file) => sum + file.compressedBytes, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.inflated) await file[Symbol.asyncDispose]();
  }
}

async function openPlain(sources: readonly SourceFile[], signal: AbortSignal): Promise<PlainFiles> {
  const files: SourceFile[] = [];
  for (const source of sources) {
    const peeked = await PeekedFile.open(source, PEEK_BYTES, signal);
    const compression = compressionOf(peeked.head);
    files.push(compression ? new InflatedFile(source, compression.decompress) : peeked);
  }
  return new PlainFiles(files);
}

/** Looks at the files when rows are asked for. */
class CompressibleReader implements FormatReader {
  readonly #format: Format;
  readonly #input: ReaderInput;
  #reader: FormatReader | undefined;

  constructor(format: Format, input: ReaderInput) {
    this.#format = format;
    this.#input = input;
  }

  get head(): string | undefined {
    return this.#reader?.head;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    await using opened = await openPlain(this.#input.sources, options.signal);
    this.#reader = this.#format.open({ ...this.#input, sources: opened.files });
    const isInflated = opened.inflated.length > 0;
    for await (const batch of this.#reader.batches(options))
      yield isInflated ? { ...batch, sourceBytes: opened.compressedBytes } : batch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.[Symbol.asyncDispose]();
  }
}
