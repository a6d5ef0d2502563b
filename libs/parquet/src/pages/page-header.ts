import { Damage } from "../damage.ts";
import { ThriftReader, ThriftType } from "../thrift/compact-reader.ts";

/** Source: parquet.thrift, PageType. */
export const PageType = { Data: 0, Index: 1, Dictionary: 2, DataV2: 3 } as const;

/** Source: parquet.thrift, Encoding. */
export const Encoding = {
  Plain: 0,
  PlainDictionary: 2,
  Rle: 3,
  BitPacked: 4,
  DeltaBinaryPacked: 5,
  DeltaLengthByteArray: 6,
  DeltaByteArray: 7,
  RleDictionary: 8,
  ByteStreamSplit: 9,
} as const;

export function encodingName(encoding: number): string {
  return Object.entries(Encoding).find(([, value]) => value === encoding)?.[0] ?? `encoding ${encoding}`;
}

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
    for (let type = reader.nextField(); type !== ThriftType.Stop; type = reader.nextField()) this.#field(reader, type);
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

  #field(reader: ThriftReader, type: number): void {
    switch (reader.fieldId) {
      case 1:
        this.type = reader.int32(type);
        return;
      case 2:
        this.uncompressedSize = reader.int32(type);
        return;
      case 3:
        this.compressedSize = reader.int32(type);
        return;
      case 4:
        this.crc = reader.int32(type) >>> 0;
        return;
      case 5:
        this.#struct(reader, type, dataPageFields);
        return;
      case 7:
        this.#struct(reader, type, dictionaryPageFields);
        return;
      case 8:
        this.#struct(reader, type, dataPageV2Fields);
        return;
      default:
        reader.skip(type);
    }
  }

  #struct(reader: ThriftReader, type: number, fields: FieldSetters): void {
    const outer = reader.enter(type);
    for (let inner = reader.nextField(); inner !== ThriftType.Stop; inner = reader.nextField()) {
      const set = fields[reader.fieldId];
      if (set) set(this, reader, inner);
      else reader.skip(inner, 1);
    }
    reader.leave(outer);
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

type FieldSetters = readonly (((header: PageHeader, reader: ThriftReader, type: number) => void) | undefined)[];

const dataPageFields: FieldSetters = [
  undefined,
  (header, reader, type) => void (header.numValues = reader.int32(type)),
  (header, reader, type) => void (header.encoding = reader.int32(type)),
  (header, reader, type) => void (header.definitionEncoding = reader.int32(type)),
  (header, reader, type) => void (header.repetitionEncoding = reader.int32(type)),
];

const dictionaryPageFields: FieldSetters = dataPageFields.slice(0, 3);

const dataPageV2Fields: FieldSetters = [
  undefined,
  (header, reader, type) => void (header.numValues = reader.int32(type)),
  undefined,
  undefined,
  (header, reader, type) => void (header.encoding = reader.int32(type)),
  (header, reader, type) => void (header.definitionBytes = reader.int32(type)),
  (header, reader, type) => void (header.repetitionBytes = reader.int32(type)),
  (header, reader, type) => void (header.isCompressed = reader.bool(type)),
];
