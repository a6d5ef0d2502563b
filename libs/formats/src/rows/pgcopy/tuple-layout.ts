import { NEEDS_MORE } from "../file-windows.ts";
import type { RowLayout } from "../row-text.ts";
import type { TupleScanner } from "./tuple-scanner.ts";

/** Source: PostgreSQL, COPY, file formats, binary format. */
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
/** A tuple of so many columns is the end of the file. */
const TRAILER = -1;

/** Tuples one after the other, between a header and a trailer. */
export class TupleLayout implements RowLayout<TupleScanner> {
  readonly start = 0;
  readonly isBinary = true;
  readonly #onFirstRow: () => void;

  /** @param onFirstRow called before the first row is read; a file may have none */
  constructor(onFirstRow: () => void) {
    this.#onFirstRow = onFirstRow;
  }

  begin(scanner: TupleScanner, p: number): number {
    const foreign = SIGNATURE.some((byte, i) => p + i < scanner.end && scanner.bytes[p + i] !== byte);
    if (foreign) scanner.malformed(p, "the file is no COPY BINARY of PostgreSQL, which begins with PGCOPY");
    const flags = scanner.int32(p + SIGNATURE.length);
    // Bit 16 tells of row numbers; the others above it may not be passed over.
    if (flags >>> 16 !== 0) scanner.malformed(p, "the file has flags that are not known: write it without OIDS");
    const extension = scanner.int32(p + SIGNATURE.length + 4);
    if (extension < 0) scanner.malformed(p, `the header claims an extension of ${extension} bytes`);
    const first = p + SIGNATURE.length + 8 + extension;
    scanner.need(first, 2);
    const row = this.next(scanner, first);
    if (row >= 0) this.#onFirstRow();
    return row;
  }

  next(scanner: TupleScanner, p: number): number {
    if (scanner.int16(p) !== TRAILER) return p;
    if (p + 2 < scanner.end) scanner.malformed(p + 2, "bytes stand behind the end of the rows");
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  /** The lengths say it, whatever the values are. */
  endOfBadRow(scanner: TupleScanner, p: number): number {
    let at = p + 2;
    for (let left = scanner.int16(p); left > 0; left--) {
      const length = scanner.int32(at);
      if (length < -1) scanner.malformed(at, `a value claims ${length} bytes`);
      at += 4 + Math.max(0, length);
      scanner.need(at, 0);
    }
    return at;
  }

  /** Nothing there belongs to the row. */
  checkBehind(): void {}

  async rowsBefore(): Promise<number> {
    return 0;
  }
}
