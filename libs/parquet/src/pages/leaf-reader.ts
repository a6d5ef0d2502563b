import { crc32 } from "node:zlib";
import { ImportError, locate, type SourceLocation } from "@sluice/errors";
import type { ObjectSource } from "@sluice/object-store";
import { Decompressor } from "../codecs/decompress.ts";
import { CutShort, Damage } from "../damage.ts";
import type { BytesSink } from "../encodings/bytes-sink.ts";
import { uint32 } from "../encodings/plain.ts";
import { RleDecoder } from "../encodings/rle.ts";
import type { BytesDecoder, FixedDecoder } from "../encodings/value-decoder.ts";
import type { ChunkInfo } from "../footer.ts";
import { type LeafType, leafType } from "../leaf-type.ts";
import type { SchemaNode } from "../schema-tree.ts";
import { ChunkBytes } from "./chunk-bytes.ts";
import { ColumnDecoders } from "./decoders.ts";
import { Encoding, encodingName, PageHeader, PageType } from "./page-header.ts";

/** Greatest page, before and after decompression: it has to be in memory whole. Writers make pages of about 1 MiB. */
const MAX_PAGE_BYTES = 1 << 30;
/** Headers have some dozen bytes, more with statistics of long texts. */
const FIRST_HEADER_BYTES = 256;
const MAX_HEADER_BYTES = 16 << 20;

/**
 * Entries of one leaf column, page after page, row group after row group. An entry has a repetition level, a definition
 * level and, at the greatest definition level, a value. Entries are taken in order through `repetitions` and `definitions`,
 * each taken entry is counted with `used`, each value is read with `readFixed` or `readBytes`.
 */
export class LeafReader {
  readonly node: SchemaNode;
  readonly type: LeafType;
  /** Entries of the current page that are not taken. */
  left = 0;
  /** Undefined where the level is always 0. */
  repetitions: RleDecoder | undefined;
  definitions: RleDecoder | undefined;
  readonly #repetitions = new RleDecoder();
  readonly #definitions = new RleDecoder();
  readonly #source: ObjectSource;
  readonly #bytes: ChunkBytes;
  readonly #header = new PageHeader();
  readonly #decompressor = new Decompressor();
  readonly #decoders: ColumnDecoders;
  #values: FixedDecoder | BytesDecoder | undefined;
  #chunk: ChunkInfo | undefined;
  /** Entries of the chunk in pages that are not loaded. */
  #entriesAhead = 0;
  #pageOffset = 0;

  constructor(source: ObjectSource, node: SchemaNode, signal: AbortSignal) {
    this.node = node;
    this.type = leafType(node);
    this.#source = source;
    this.#bytes = new ChunkBytes(source, signal);
    this.#decoders = new ColumnDecoders(node.element.type ?? "", this.type);
  }

  /** Starts with the column's chunk of a row group. @param readBytes bytes that are asked of the store at a time */
  async open(chunk: ChunkInfo, readBytes: number): Promise<void> {
    await this.#bytes.settle();
    this.#chunk = chunk;
    this.#entriesAhead = chunk.numValues;
    this.left = 0;
    this.#decoders.hasDictionary = false;
    this.#pageOffset = chunk.start;
    this.#bytes.open(chunk.start, chunk.end, readBytes);
  }

  close(): Promise<void> {
    return this.#bytes.settle();
  }

  /** Loads the next page unless entries are left. Resolves to false at the end of the chunk. @throws {ImportError} */
  async page(): Promise<boolean> {
    try {
      while (this.left === 0 && this.#entriesAhead > 0) await this.#nextPage();
      return this.left > 0;
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Counts entries as taken. */
  used(count: number): void {
    this.left -= count;
  }

  /** Values of equal width. @throws {Damage} */
  readFixed(count: number, out: Uint8Array, at: number): void {
    (this.#values as FixedDecoder).read(count, out, at);
  }

  /** Byte arrays; fewer than `count` when the sink is full. @throws {Damage} */
  readBytes(count: number, sink: BytesSink): number {
    return (this.#values as BytesDecoder).read(count, sink);
  }

  /** The place of what is read now. */
  get at(): SourceLocation {
    return { file: this.#source.path, field: this.node.path[0], byteOffset: this.#pageOffset };
  }

  /** Turns damage that a decoder found into an error with its place. */
  explain(error: unknown): unknown {
    if (error instanceof Damage)
      return new ImportError("malformed_file", `a page is damaged: ${error.message}`, this.at, { cause: error });
    return locate(error, this.at);
  }

  async #nextPage(): Promise<void> {
    this.#pageOffset = this.#bytes.position;
    await this.#readHeader();
    const { type, compressedSize, uncompressedSize } = this.#header;
    if (Math.max(compressedSize, uncompressedSize) > MAX_PAGE_BYTES) {
      throw new ImportError(
        "unsupported",
        `a page of ${Math.max(compressedSize, uncompressedSize)} bytes: at most ${MAX_PAGE_BYTES} are supported`,
      );
    }
    // Most pages are there already: an await each would cost more than small pages do.
    if (!this.#bytes.has(compressedSize)) await this.#bytes.require(compressedSize);
    const page = this.#bytes.buffer.subarray(this.#bytes.at, this.#bytes.at + compressedSize);
    this.#bytes.use(compressedSize);
    this.#checkCrc(page);
    if (type === PageType.Dictionary) this.#loadDictionary(page);
    else if (type === PageType.Data) this.#loadData(page);
    else if (type === PageType.DataV2) this.#loadDataV2(page);
  }

  async #readHeader(): Promise<void> {
    for (let wanted = FIRST_HEADER_BYTES; ; wanted *= 4) {
      const size = Math.min(wanted, this.#bytes.remaining);
      await this.#bytes.require(size);
      try {
        this.#bytes.use(this.#header.decode(this.#bytes.buffer, this.#bytes.at, this.#bytes.at + size));
        return;
      } catch (error) {
        const canGrow = size < this.#bytes.remaining && wanted < MAX_HEADER_BYTES;
        if (!(error instanceof CutShort) || !canGrow) throw error;
      }
    }
  }

  #checkCrc(page: Uint8Array): void {
    const { crc } = this.#header;
    if (crc === undefined) return;
    const found = crc32(page);
    if (found !== crc) throw new Damage(`its checksum is ${hex(found)}, the header says ${hex(crc)}`);
  }

  #loadDictionary(page: Uint8Array): void {
    if (this.#decoders.hasDictionary) throw new Damage("a second dictionary page");
    const { encoding, numValues, uncompressedSize } = this.#header;
    const bytes = this.#decompressor.decompress(this.#chunk!.codec, page, uncompressedSize);
    this.#decoders.setDictionary(encoding, numValues, bytes);
  }

  #loadData(page: Uint8Array): void {
    const { repetitionEncoding, definitionEncoding, uncompressedSize } = this.#header;
    const bytes = this.#decompressor.decompress(this.#chunk!.codec, page, uncompressedSize);
    let at = 0;
    if (this.node.repetition > 0) {
      const length = levelBytes(bytes, at, repetitionEncoding);
      this.#openRepetitions(bytes, at + 4, length);
      at += 4 + length;
    }
    if (this.node.definition > 0) {
      const length = levelBytes(bytes, at, definitionEncoding);
      this.#openDefinitions(bytes, at + 4, length);
      at += 4 + length;
    }
    this.#openValues(bytes, at);
  }

  /** Levels stand in front, never compressed; only the values are. */
  #loadDataV2(page: Uint8Array): void {
    const { repetitionBytes, definitionBytes, isCompressed, uncompressedSize } = this.#header;
    const levels = repetitionBytes + definitionBytes;
    const values = page.subarray(levels);
    const codec = isCompressed ? this.#chunk!.codec : "UNCOMPRESSED";
    if (this.node.repetition > 0) this.#openRepetitions(page, 0, repetitionBytes);
    if (this.node.definition > 0) this.#openDefinitions(page, repetitionBytes, definitionBytes);
    this.#openValues(this.#decompressor.decompress(codec, values, uncompressedSize - levels), 0);
  }

  #openRepetitions(bytes: Uint8Array, at: number, length: number): void {
    this.#repetitions.reset(bytes, at, at + length, bitWidth(this.node.repetition));
    this.repetitions = this.#repetitions;
  }

  #openDefinitions(bytes: Uint8Array, at: number, length: number): void {
    this.#definitions.reset(bytes, at, at + length, bitWidth(this.node.definition));
    this.definitions = this.#definitions;
  }

  #openValues(bytes: Uint8Array, at: number): void {
    const { encoding, numValues } = this.#header;
    if (numValues > this.#entriesAhead)
      throw new Damage("the pages of a column chunk hold more values than the footer says");
    this.#values = this.#decoders.open(encoding, bytes, at, bytes.length);
    this.#entriesAhead -= numValues;
    this.left = numValues;
  }
}

/** Length of the levels at `at` of a version 1 page, which stands in the four bytes before them. */
function levelBytes(bytes: Uint8Array, at: number, encoding: number): number {
  if (encoding !== Encoding.Rle)
    throw new Damage(`levels are encoded as ${encodingName(encoding)}, which is not supported`);
  if (bytes.length - at < 4) throw new Damage("the levels of a page exceed the page");
  const length = uint32(bytes, at);
  if (length > bytes.length - at - 4) throw new Damage("the levels of a page exceed the page");
  return length;
}

/** Bits that levels from 0 to `max` take. */
function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
