import { Damage } from "../damage.ts";
import { Encoding, PageType } from "../format.ts";
import { type ThriftFields, ThriftReader } from "../thrift/compact-reader.ts";

/** What stands before every page. One object is used for all pages of a column. */
export class PageHeader {
  type = -1;
  /** Bytes of the page behind the header as they lie in the file, and after decompression. */
  compressedSize = -1;
  uncompressedSize = -1;
  /** CRC-32 (IEEE) of the page as it lies in the file; undefined where the writer gave none. */
  crc: number | undefined;
  /** Entries: for lists one per element, empty list and null; nulls included. */
  numValues = -1;
  encoding = -1;
  definitionEncoding = -1;
  repetitionEncoding = -1;
  /** Version 2 only: lengths of the level streams, which are never compressed. */
  definitionBytes = 0;
  repetitionBytes = 0;
  isCompressed = true;
  readonly #reader = new ThriftReader();

  /**
   * Decodes the header at `bytes[start, end)` and answers its length.
   * @throws {CutShort} when more bytes are needed @throws {Damage}
   */
  decode(bytes: Uint8Array, start: number, end: number): number {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    this.#clear();
    reader.fields<PageHeader>(this, headerFields);
    this.#check();
    return reader.at - start;
  }

  #clear(): void {
    this.type = this.compressedSize = this.uncompressedSize = this.numValues = this.encoding = -1;
    this.definitionEncoding = this.repetitionEncoding = Encoding.Rle;
    this.definitionBytes = this.repetitionBytes = 0;
    this.isCompressed = true;
    this.crc = undefined;
  }

  #check(): void {
    if (this.compressedSize < 0 || this.uncompressedSize < 0) throw new Damage("a page header gives no page size");
    if (this.type !== PageType.Data && this.type !== PageType.DataV2 && this.type !== PageType.Dictionary) return;
    if (this.numValues < 0 || this.encoding < 0)
      throw new Damage("a page header gives no number of values or no encoding");
    if (this.definitionBytes < 0 || this.repetitionBytes < 0) throw new Damage("a page header gives a negative length");
    const levels = this.definitionBytes + this.repetitionBytes;
    if (levels > this.compressedSize || levels > this.uncompressedSize)
      throw new Damage("the levels of a page exceed the page");
  }
}

const dataPageFields: ThriftFields<PageHeader> = [
  undefined,
  (header, reader, type) => void (header.numValues = reader.int32(type)),
  (header, reader, type) => void (header.encoding = reader.int32(type)),
  (header, reader, type) => void (header.definitionEncoding = reader.int32(type)),
  (header, reader, type) => void (header.repetitionEncoding = reader.int32(type)),
];

const dictionaryPageFields: ThriftFields<PageHeader> = dataPageFields.slice(0, 3);

const dataPageV2Fields: ThriftFields<PageHeader> = [
  undefined,
  (header, reader, type) => void (header.numValues = reader.int32(type)),
  undefined,
  undefined,
  (header, reader, type) => void (header.encoding = reader.int32(type)),
  (header, reader, type) => void (header.definitionBytes = reader.int32(type)),
  (header, reader, type) => void (header.repetitionBytes = reader.int32(type)),
  (header, reader, type) => void (header.isCompressed = reader.bool(type)),
];

const headerFields: ThriftFields<PageHeader> = [
  undefined,
  (header, reader, type) => void (header.type = reader.int32(type)),
  (header, reader, type) => void (header.uncompressedSize = reader.int32(type)),
  (header, reader, type) => void (header.compressedSize = reader.int32(type)),
  (header, reader, type) => void (header.crc = reader.int32(type) >>> 0),
  (header, reader, type) => void reader.struct(type, header, dataPageFields),
  undefined,
  (header, reader, type) => void reader.struct(type, header, dictionaryPageFields),
  (header, reader, type) => void reader.struct(type, header, dataPageV2Fields),
];
