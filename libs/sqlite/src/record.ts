import type { ImportError } from "@sluice/errors";
import type { TextEncoding } from "./pages.ts";
import { Varint } from "./varint.ts";

/** A value as SQLite has it: integers beyond 2^53 as bigint, blobs as bytes that are borrowed. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** Columns of a row. SQLite itself stops at 32,767. */
const MAX_COLUMNS = 32_767;
/** Serial types without a length of their own, by the bytes of their values; 10 and 11 are nobody's. */
const WIDTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];
const [REAL, ZERO, ONE, FIRST_BLOB] = [7, 8, 9, 12];

/** The values of one row at a time: opened on each, no object is made for it. Source: file format, §2.1. */
export class SqlRecord {
  readonly #decode: ((bytes: Uint8Array) => string) | undefined;
  readonly #varint = new Varint();
  readonly #types: number[] = [];
  readonly #starts: number[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  /** Values that the row has: fewer than its table has columns where some were added later. */
  count = 0;

  constructor(encoding: TextEncoding) {
    // Text that SQLite has for UTF-8 may be any bytes.
    if (encoding === "utf-8") return;
    const decoder = new TextDecoder(encoding);
    this.#decode = (bytes) => decoder.decode(bytes);
  }

  /** @param damaged makes the error. @throws {ImportError} */
  open(bytes: Uint8Array, start: number, end: number, damaged: (detail: string) => ImportError): void {
    const varint = this.#varint;
    if (!varint.read(bytes, start, end)) throw damaged("a row has no head");
    const headEnd = start + varint.value;
    if (headEnd > end) throw damaged(`the head of a row claims ${varint.value} bytes`);
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.count = 0;
    let value = headEnd;
    for (let at = varint.end; at < headEnd; at = varint.end) {
      if (!varint.read(bytes, at, headEnd)) throw damaged("the head of a row breaks off");
      if (this.count === MAX_COLUMNS) throw damaged(`a row has more than ${MAX_COLUMNS} columns`);
      this.#types[this.count] = varint.value;
      this.#starts[this.count++] = value;
      value += widthOf(varint.value, damaged);
      if (value > end) throw damaged("the values of a row are longer than the row");
    }
  }

  /** Also of a column that the row does not have, being older than it. */
  isNull(column: number): boolean {
    return column >= this.count || this.#types[column] === 0;
  }

  /** Bytes of a blob or text as they are stored, borrowed; undefined for other values. */
  bytes(column: number): Uint8Array | undefined {
    const type = column < this.count ? this.#types[column] : 0;
    if (type < FIRST_BLOB) return undefined;
    const start = this.#starts[column];
    return this.#bytes.subarray(start, start + ((type - FIRST_BLOB) >>> 1));
  }

  /** Whatever the column was declared as. */
  isText(column: number): boolean {
    return column < this.count && this.#types[column] > FIRST_BLOB && this.#types[column] % 2 === 1;
  }

  /** Text in UTF-8, borrowed where it is stored so; undefined for other values. */
  utf8(column: number): Uint8Array | undefined {
    if (!this.isText(column)) return undefined;
    return this.#decode ? Buffer.from(this.#text(column)) : this.bytes(column);
  }

  /** Null for a column that the row does not have; a blob is a view of the row. */
  value(column: number): SqlValue {
    const type = column < this.count ? this.#types[column] : 0;
    if (type >= FIRST_BLOB) return this.isText(column) ? this.#text(column) : (this.bytes(column) as Uint8Array);
    const start = this.#starts[column];
    if (type === 0) return null;
    if (type === REAL) return this.#bytes.readDoubleBE(start);
    if (type === ZERO || type === ONE) return type - ZERO;
    if (type < 6) return this.#bytes.readIntBE(start, WIDTHS[type]);
    const wide = this.#bytes.readBigInt64BE(start);
    const narrow = Number(wide);
    return Number.isSafeInteger(narrow) ? narrow : wide;
  }

  #text(column: number): string {
    const bytes = this.bytes(column) as Buffer;
    return this.#decode ? this.#decode(bytes) : bytes.toString();
  }
}

function widthOf(type: number, damaged: (detail: string) => ImportError): number {
  if (type >= FIRST_BLOB) return Math.floor((type - FIRST_BLOB) / 2);
  if (type < WIDTHS.length) return WIDTHS[type];
  throw damaged(`a value is of type ${type}, which SQLite does not have`);
}
