import { crc32 } from "node:zlib";
import { Decompressor } from "../codecs/decompress.ts";
import { Damage, NotSupported } from "../damage.ts";
import type { BytesSink } from "../encodings/bytes-sink.ts";
import { PlainFixedDecoder, uint32 } from "../encodings/plain.ts";
import { RleDecoder } from "../encodings/rle.ts";
import type { BytesDecoder, FixedDecoder } from "../encodings/value-decoder.ts";
import type { ChunkInfo } from "../footer/file-layout.ts";
import { type LeafType, leafType } from "../footer/leaf-type.ts";
import type { SchemaNode } from "../footer/schema-tree.ts";
import { type Codec, Encoding, encodingName, PageType } from "../format.ts";
import { ColumnDecoders } from "./decoders.ts";
import type { PageBudget } from "./page-budget.ts";
import { PageHeader } from "./page-header.ts";
import { newMemory } from "./page-memory.ts";

/**
 * Entries of one leaf column, page after page; the two readers below it say where pages come from. An entry has a
 * repetition level, a definition level and, at the greatest definition level, a value. Entries are taken in order through
 * `repetitions` and `definitions`, each taken entry is counted with `used`, each value is read with `readFixed` or
 * `readBytes`.
 */
export abstract class PageDecoder {
  readonly node: SchemaNode;
  readonly type: LeafType;
  /** Entries of the current page that are not taken. */
  left = 0;
  /** Undefined where the level is always 0. */
  repetitions: RleDecoder | undefined;
  definitions: RleDecoder | undefined;
  protected readonly header = new PageHeader();
  readonly #repetitions = new RleDecoder();
  readonly #definitions = new RleDecoder();
  readonly #decompressor: Decompressor;
  readonly #decoders: ColumnDecoders;
  readonly #budget: PageBudget;
  #values: FixedDecoder | BytesDecoder | undefined;
  #codec: Codec = "UNCOMPRESSED";
  /** Entries of the chunk in pages that are not loaded. */
  #entriesAhead = 0;
  /** Greatest sizes so far, which the column's buffers have. */
  #pageBytes = 0;
  #inflatedBytes = 0;
  #dictionaryBytes = 0;

  constructor(node: SchemaNode, budget: PageBudget, memory = newMemory) {
    this.node = node;
    this.type = leafType(node);
    this.#budget = budget;
    this.#decompressor = new Decompressor(memory);
    this.#decoders = new ColumnDecoders(node.element.type ?? "", this.type, memory);
  }

  /** Gives memory back. What was read is not read again. */
  protected release(): void {
    this.left = 0;
    this.#decompressor.release();
    this.#decoders.release();
  }

  /** Counts entries as taken. */
  used(count: number): void {
    this.left -= count;
  }

  /** Values of equal width. @throws {Damage} */
  readFixed(count: number, out: Uint8Array, at: number): void {
    (this.#values as FixedDecoder).read(count, out, at);
  }

  /** Values of equal width where they lie, if the page has them aligned as they are; else undefined, and nothing is read. */
  viewFixed(count: number, alignment: number): Uint8Array | undefined {
    if (this.#codec !== "UNCOMPRESSED" || !(this.#values instanceof PlainFixedDecoder)) return undefined;
    return this.#values.view(count, alignment);
  }

  /** Byte arrays; fewer than `count` when the sink is full. @throws {Damage} */
  readBytes(count: number, sink: BytesSink): number {
    return (this.#values as BytesDecoder).read(count, sink);
  }

  /** Are there pages behind the current one? */
  protected get hasMore(): boolean {
    return this.#entriesAhead > 0;
  }

  /** Starts with the column's chunk of a row group. */
  protected begin({ codec, numValues }: ChunkInfo): void {
    this.#codec = codec;
    this.#entriesAhead = numValues;
    this.left = 0;
    this.#decoders.hasDictionary = false;
  }

  /** Counts the page that `header` announces, before it is read. @throws {Damage} */
  protected admit(): void {
    const { header } = this;
    if (header.type !== PageType.Dictionary && header.numValues > this.#entriesAhead)
      throw new Damage("the pages of a column chunk hold more values than the footer says");
    this.#budget.check(header);
    const held = this.#heldBytes;
    this.#pageBytes = Math.max(this.#pageBytes, header.compressedSize);
    if (header.type === PageType.Dictionary)
      this.#dictionaryBytes = Math.max(this.#dictionaryBytes, header.uncompressedSize);
    if (this.#codec !== "UNCOMPRESSED") this.#inflatedBytes = Math.max(this.#inflatedBytes, header.uncompressedSize);
    this.#budget.grow(held, this.#heldBytes);
  }

  get #heldBytes(): number {
    return this.#pageBytes + this.#inflatedBytes + this.#dictionaryBytes;
  }

  /** Makes the page that `header` announces the current one, or its dictionary that of the chunk. @throws {Damage} */
  protected load(page: Uint8Array): void {
    const { type } = this.header;
    this.#checkCrc(page);
    if (type === PageType.Dictionary) this.#loadDictionary(page);
    else if (type === PageType.Data) this.#loadData(page);
    else if (type === PageType.DataV2) this.#loadDataV2(page);
  }

  #checkCrc(page: Uint8Array): void {
    const { crc } = this.header;
    if (crc === undefined) return;
    const found = crc32(page);
    if (found !== crc) throw new Damage(`its checksum is ${hex(found)}, the header says ${hex(crc)}`);
  }

  #loadDictionary(page: Uint8Array): void {
    if (this.#decoders.hasDictionary) throw new Damage("a second dictionary page");
    const { encoding, numValues, uncompressedSize } = this.header;
    const bytes = this.#decompressor.decompress(this.#codec, page, uncompressedSize);
    this.#decoders.setDictionary(encoding, numValues, bytes);
  }

  #loadData(page: Uint8Array): void {
    const { repetitionEncoding, definitionEncoding, uncompressedSize } = this.header;
    const bytes = this.#decompressor.decompress(this.#codec, page, uncompressedSize);
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
    const { repetitionBytes, definitionBytes, isCompressed, uncompressedSize } = this.header;
    const levels = repetitionBytes + definitionBytes;
    const values = page.subarray(levels);
    const codec = isCompressed ? this.#codec : "UNCOMPRESSED";
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
    const { encoding, numValues } = this.header;
    this.#values = this.#decoders.open(encoding, bytes, at, bytes.length);
    this.#entriesAhead -= numValues;
    this.left = numValues;
  }
}

/** Length of the levels at `at` of a version 1 page, which stands in the four bytes before them. */
function levelBytes(bytes: Uint8Array, at: number, encoding: number): number {
  if (encoding !== Encoding.Rle)
    throw new NotSupported(
      `levels are encoded as ${encodingName(encoding)}, which is not supported: write the file again with a current writer`,
    );
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
