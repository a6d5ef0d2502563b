import { Damage } from "@sluice/parquet";
import type { DataFile, LancePage } from "./data-file.ts";
import { decodeDictionary, type Values } from "./decode-values.ts";
import { type Chunk, chunksOf, decodeChunk } from "./page-chunks.ts";
import { constantText, decodeFsst, lengthedTexts, type Texts } from "./texts.ts";

/** Rows that are decoded together, with the number of the first one in the table. */
export interface Block {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly values: Values;
}

interface PlacedPage {
  readonly firstRow: number;
  readonly file: DataFile;
  readonly page: LancePage;
}

interface OpenPage extends PlacedPage {
  readonly chunks: readonly Chunk[];
  readonly data: Uint8Array;
  readonly dictionary: Values | undefined;
}

/** The values of a column of all parts of a table. Of each page that rows are read of, one is held. */
export class ColumnValues {
  readonly #pages: readonly PlacedPage[];
  #open: OpenPage | undefined;
  #block: Block | undefined;

  /** @param parts in their order */
  constructor(parts: readonly { readonly file: DataFile; readonly pages: readonly LancePage[] }[]) {
    let firstRow = 0;
    this.#pages = parts.flatMap(({ file, pages }) =>
      pages.map((page) => {
        firstRow += page.rowCount;
        return { firstRow: firstRow - page.rowCount, file, page };
      }),
    );
  }

  /** Rows of one width that lie in the file as they are: where. */
  get pages(): readonly PlacedPage[] {
    return this.#pages;
  }

  /** The block that a row is in. @throws {ImportError} `malformed_file` */
  async block(row: number, signal: AbortSignal): Promise<Block> {
    if (this.#block && isIn(this.#block, row)) return this.#block;
    const placed = this.#pages.find(({ firstRow, page }) => isIn({ firstRow, rowCount: page.rowCount }, row));
    if (!placed) throw new Error(`row ${row} is in no page`);
    const open = this.#open?.page === placed.page ? this.#open : await openPage(placed, signal);
    this.#open = open;
    this.#block = open.file.decode(() => blockOf(open, row));
    return this.#block;
  }
}

function isIn({ firstRow, rowCount }: Pick<Block, "firstRow" | "rowCount">, row: number): boolean {
  return row >= firstRow && row < firstRow + rowCount;
}

async function openPage(placed: PlacedPage, signal: AbortSignal): Promise<OpenPage> {
  const { file, page } = placed;
  const { layout, buffers } = page;
  if (layout.kind === "constant") return { ...placed, chunks: [], data: layout.value, dictionary: undefined };
  const need = (index: number) => {
    const buffer = buffers[index];
    return file.decode(() => {
      if (buffer) return buffer;
      throw new Damage("a page lacks a buffer");
    });
  };
  if (layout.kind !== "chunks")
    return { ...placed, chunks: [], data: await file.buffer(need(0), signal), dictionary: undefined };
  const words = await file.buffer(need(0), signal);
  const data = await file.buffer(need(1), signal);
  const known = layout.dictionary && { ...layout.dictionary, bytes: await file.buffer(need(2), signal) };
  const dictionary = known && file.decode(() => decodeDictionary(known, known.bytes));
  return { ...placed, chunks: file.decode(() => chunksOf(layout, words, page.rowCount)), data, dictionary };
}

function blockOf({ firstRow, page, chunks, data, dictionary }: OpenPage, row: number): Block {
  const { layout, rowCount } = page;
  if (layout.kind === "constant")
    return { firstRow, rowCount, values: { bytes: repeated(data, rowCount), bits: data.length * 8 } };
  if (layout.kind === "constant text")
    return { firstRow, rowCount, values: repeatedText(constantText(data), rowCount) };
  if (layout.kind === "rows") return { firstRow, rowCount, values: { bytes: data, bits: layout.rowBytes * 8 } };
  if (layout.kind === "long texts") {
    const texts = lengthedTexts(data, layout.lengthBytes, rowCount);
    return {
      firstRow,
      rowCount,
      values: layout.values.kind === "fsst" ? decodeFsst(texts, layout.values.symbols) : texts,
    };
  }
  const chunk = chunks.find((one) => isIn(one, row - firstRow)) as Chunk;
  const values = decodeChunk(layout, chunk, data, dictionary);
  return { firstRow: firstRow + chunk.firstRow, rowCount: chunk.rowCount, values };
}

function repeatedText(text: Uint8Array, count: number): Texts {
  return { bytes: repeated(text, count), offsets: Uint32Array.from({ length: count + 1 }, (_, i) => i * text.length) };
}

/** Most rows of a page that are all the same. */
const MAX_CONSTANT_BYTES = 256 << 20;

function repeated(value: Uint8Array, count: number): Uint8Array {
  if (value.length * count > MAX_CONSTANT_BYTES) throw new Damage(`a page tells of ${count} equal rows`);
  return Buffer.alloc(value.length * count, value);
}
