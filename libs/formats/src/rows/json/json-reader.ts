import type { InsertBatch } from "@sluice/columns";
import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { BatchOptions, FormatReader, ReaderInput } from "../../format.ts";
import type { RowText } from "../row-text.ts";
import { RowsReader, type RowsReaderOptions } from "../rows-reader.ts";
import { type ColumnsFile, columnBatches } from "./columns/columns-reader.ts";
import { firstRowFrom } from "./cut-document.ts";
import { DocumentLayout } from "./document-layout.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { ColumnsShape, JsonShape } from "./json-shape.ts";
import { LinesLayout } from "./lines-layout.ts";
import { RowParser } from "./row-parser.ts";
import { Scanner } from "./scanner.ts";
import { layoutOf, type ToldFile, tellFile } from "./tell-layout.ts";

/** A JSON text, whose shape is told when rows are asked for. */
export class JsonReader implements FormatReader {
  readonly #input: ReaderInput;
  readonly #files: readonly SourceFile[];
  readonly #isNamedLines: boolean;
  readonly #options: RowsReaderOptions | undefined;

  /** @param isNamedLines its name says that it has one object a line */
  constructor(input: ReaderInput, isNamedLines: boolean, options?: RowsReaderOptions) {
    this.#input = input;
    this.#files = input.sources;
    this.#isNamedLines = isNamedLines;
    this.#options = options;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    const [file, ...others] = this.#files;
    const told = await this.#tell(file, options.signal);
    if (others.length > 0 || told.shape.kind === "columns") yield* this.#columns(told, others, options);
    else {
      this.#warnOfNames(told);
      const layout = await this.#layout(told, told.shape, options.signal);
      if (!layout) return;
      const open = (options: BatchOptions) => this.#rowsOf(told, layout, options);
      yield* new RowsReader(this.#input, open, this.#options).batches(options);
    }
  }

  /** Whoever gave values without names has to know whose they were taken for. */
  #warnOfNames({ source, shape }: ToldFile): void {
    const isGuess = shape.kind === "lines" ? !shape.dataStart : shape.kind === "document" && shape.path.length === 0;
    if (!isGuess || !("names" in shape) || !shape.names) return;
    const names = excerptOfList(shape.names.map((name) => `'${excerpt(name)}'`));
    this.#input.warn?.(`${source.path}: its rows are lists without names, taken for ${names} in this order`);
  }

  #tell(file: SourceFile, signal: AbortSignal): Promise<ToldFile> {
    return tellFile(file, { isNamedLines: this.#isNamedLines, plan: this.#input.plan }, signal);
  }

  async *#columns(first: ToldFile, others: readonly SourceFile[], options: BatchOptions): AsyncGenerator<InsertBatch> {
    const told = [first];
    for (const file of others) told.push(await this.#tell(file, options.signal));
    yield* columnBatches(told.map(columnsFile), this.#input, options);
  }

  /** Undefined where no row begins in the range. */
  async #layout(
    { source }: ToldFile,
    shape: Exclude<JsonShape, ColumnsShape>,
    signal: AbortSignal,
  ): Promise<JsonLayout | undefined> {
    const { range } = this.#input;
    if (!range) return layoutOf(shape, source);
    if (shape.kind === "lines") return new LinesLayout(source, range, source.head, shape.dataStart);
    if (shape.kind !== "document") return new LinesLayout(source, range, source.head);
    const first = new DocumentLayout(shape, source).holderOffset() + 1;
    // What is before the list belongs to the part that begins with the file.
    const begin = Math.max(range.begin, first);
    const start = range.begin === 0 ? 0 : await firstRowFrom(source, begin, shape, signal);
    if (start === undefined || (start > 0 && start >= range.end)) return undefined;
    return new DocumentLayout(shape, source, { start, end: Math.max(range.end, first) });
  }

  #rowsOf({ source, shape }: ToldFile, layout: JsonLayout, options: BatchOptions): RowText<Scanner> {
    const scanner = new Scanner(source.path, layout.isOneLine);
    const plan = this.#input.plan.below(shape.kind === "document" ? shape.path : []);
    const named = shape.kind === "document" || shape.kind === "lines" ? shape : undefined;
    return { source, scanner, layout, rows: new RowParser(plan, scanner, options, named) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** One file of a set. @throws {ImportError} where it holds rows */
function columnsFile({ source, shape }: ToldFile): ColumnsFile {
  if (shape.kind === "columns") return { source, path: shape.path };
  // A bare list, of a field that the file is named after.
  const isValues = shape.kind === "document" && shape.path.length === 0 && !/^\s*\[\s*\{/.test(startOf(source.head));
  if (isValues) return { source, path: [] };
  const reason = `for JSON import, accepts only one file: several named together are the columns of one table, and this one holds rows (import it by itself)`;
  throw new ImportError("request_invalid", reason, { file: source.path });
}

function startOf(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, 512)).toString("latin1");
}
