import { type Codec, codecs, Encoding, parquetMagic, physicalTypes } from "../format.ts";
import { CompactWriter } from "../thrift/compact-writer.ts";
import { compressed } from "./column-file.ts";
import { CREATED_BY } from "./footer-writer.ts";
import { dataPageHeader, dictionaryPageHeader } from "./page-headers.ts";
import { schemaElements, type TableLeaf, type TableNode, tableLeaves } from "./table-tree.ts";

/** Rows of one leaf that become one page. */
export interface TablePage {
  /** Entries: values, nulls and empty lists. */
  readonly valueCount: number;
  /** Repetition levels, where there are some, then definition levels, each with its length in front. */
  readonly levels: readonly Uint8Array[];
  /** PLAIN, or of a dictionary the width of an index and the indices. They stay as they are until the file is written. */
  readonly values: readonly Uint8Array[];
}

/** Rows of one leaf. */
export interface TableChunk {
  /** Values that pages name by their number, PLAIN. */
  readonly dictionary?: { readonly values: Uint8Array; readonly count: number };
  readonly pages: Iterable<TablePage>;
  /** `zstd`: with level 1, if the first page gains by it. */
  readonly compression: "none" | "zstd";
}

interface WrittenChunk {
  readonly codec: Codec;
  readonly hasDictionary: boolean;
  readonly valueCount: number;
  readonly startOffset: number;
  readonly dataOffset: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

interface RowGroup {
  readonly rowCount: number;
  readonly chunks: readonly WrittenChunk[];
}

/** A Parquet file of several columns, put together in memory group by group; V1 pages. */
export class TableFile {
  readonly #nodes: readonly TableNode[];
  readonly #leaves: readonly TableLeaf[];
  readonly #groups: RowGroup[] = [];
  readonly #pieces: Uint8Array[] = [parquetMagic];
  #sizeBytes = parquetMagic.length;
  #rowCount = 0;
  readonly #notes: Readonly<Record<string, string>>;

  /** @param notes key-value metadata of the file */
  constructor(nodes: readonly TableNode[], notes: Readonly<Record<string, string>> = {}) {
    this.#nodes = nodes;
    this.#notes = notes;
    this.#leaves = tableLeaves(nodes);
  }

  /** Of what was added, without the footer. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Rows of all groups so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** @param chunks one for each leaf, in their order */
  addRows(rowCount: number, chunks: readonly TableChunk[]): void {
    if (chunks.length !== this.#leaves.length)
      throw new RangeError(`${chunks.length} chunks for ${this.#leaves.length} leaves`);
    this.#groups.push({ rowCount, chunks: chunks.map((chunk) => this.#write(chunk)) });
    this.#rowCount += rowCount;
  }

  /** The whole file, as pieces to write one after the other. */
  finish(): Uint8Array[] {
    const footer = this.#footer();
    const tail = new Uint8Array(footer.length + 8);
    tail.set(footer);
    new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
    tail.set(parquetMagic, footer.length + 4);
    return [...this.#pieces, tail];
  }

  #write({ dictionary, pages, compression }: TableChunk): WrittenChunk {
    const startOffset = this.#sizeBytes;
    let uncompressedBytes = 0;
    if (dictionary) {
      const { values, count } = dictionary;
      uncompressedBytes += this.#push(dictionaryPageHeader(values.length, count), values);
    }
    const dataOffset = this.#sizeBytes;
    let codec: Codec | undefined = compression === "none" || dictionary ? "UNCOMPRESSED" : undefined;
    let valueCount = 0;
    const encoding = dictionary ? Encoding.RleDictionary : Encoding.Plain;
    for (const page of pages) {
      const plain = [...page.levels, ...page.values];
      const size = totalLength(plain);
      const packed: Uint8Array | undefined =
        codec === "UNCOMPRESSED" ? undefined : compressed(plain, codec === undefined);
      codec ??= packed ? "ZSTD" : "UNCOMPRESSED";
      const body = packed ? [packed] : plain;
      const header = dataPageHeader(encoding, size, totalLength(body), page.valueCount);
      this.#push(header, ...body);
      uncompressedBytes += header.length + size;
      valueCount += page.valueCount;
    }
    return {
      ...{ codec: codec ?? "UNCOMPRESSED", hasDictionary: dictionary !== undefined, valueCount },
      ...{ startOffset, dataOffset, compressedBytes: this.#sizeBytes - startOffset, uncompressedBytes },
    };
  }

  #push(...pieces: readonly Uint8Array[]): number {
    const before = this.#sizeBytes;
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.#pieces.push(piece);
      this.#sizeBytes += piece.length;
    }
    return this.#sizeBytes - before;
  }

  #footer(): Uint8Array {
    const out = new CompactWriter();
    out.int32(1, 2); // Version 2: logical types are used.
    out.structs(2, schemaElements(this.#nodes), (write) => write(out));
    out.int64(3, this.#rowCount);
    out.structs(4, this.#groups, (group) => this.#writeGroup(out, group));
    const notes = Object.entries(this.#notes);
    if (notes.length > 0)
      out.structs(5, notes, ([key, value]) => {
        out.text(1, key);
        out.text(2, value);
      });
    out.text(6, CREATED_BY);
    return out.finish();
  }

  #writeGroup(out: CompactWriter, { rowCount, chunks }: RowGroup): void {
    out.structs(1, [...chunks.keys()], (i) => {
      out.int64(2, chunks[i].startOffset);
      out.struct(3, () => writeChunk(out, this.#leaves[i], chunks[i]));
    });
    out.int64(2, sumOf(chunks, "uncompressedBytes"));
    out.int64(3, rowCount);
    out.int64(5, chunks[0]?.startOffset ?? parquetMagic.length);
    out.int64(6, sumOf(chunks, "compressedBytes"));
  }
}

function writeChunk(out: CompactWriter, { path, type }: TableLeaf, chunk: WrittenChunk): void {
  const { hasDictionary } = chunk;
  out.int32(1, physicalTypes.indexOf(type.physical));
  out.int32s(
    2,
    hasDictionary ? [Encoding.RleDictionary, Encoding.Plain, Encoding.Rle] : [Encoding.Plain, Encoding.Rle],
  );
  out.texts(3, path);
  out.int32(4, codecs.indexOf(chunk.codec));
  out.int64(5, chunk.valueCount);
  out.int64(6, chunk.uncompressedBytes);
  out.int64(7, chunk.compressedBytes);
  out.int64(9, chunk.dataOffset);
  if (hasDictionary) out.int64(11, chunk.startOffset);
}

function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function sumOf(chunks: readonly WrittenChunk[], key: "compressedBytes" | "uncompressedBytes"): number {
  return chunks.reduce((sum, chunk) => sum + chunk[key], 0);
}
