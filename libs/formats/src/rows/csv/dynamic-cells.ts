import type { VarBuilder } from "@sluice/columns";
import type { DynamicColumn } from "../../plan/dynamic-column.ts";
import type { CsvScanner } from "./csv-scanner.ts";

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x7b, 0x7d];
const HEX = Buffer.from("0123456789abcdef");
/** An escaped byte takes so many. */
const ESCAPE_BYTES = 6;
const isBlank = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * The dynamic column of a record: cells of columns that no field has, as texts (Milvus has them so), and what the column
 * `$meta` holds. The object is written as its cells come, since their memory is used again.
 */
export class DynamicCells {
  readonly #scanner: CsvScanner;
  readonly #builder: VarBuilder;
  readonly #dynamic: DynamicColumn;
  #text = new Uint8Array(256);
  #length = 0;

  /** @param dynamic knows the fields and the extra columns: none of them may be a key of `$meta` */
  constructor(scanner: CsvScanner, builder: VarBuilder, dynamic: DynamicColumn) {
    this.#scanner = scanner;
    this.#builder = builder;
    this.#dynamic = dynamic;
  }

  /** Another record begins. */
  begin(): void {
    this.#length = 0;
  }

  /** Takes the last cell as the value of a key. @param key `"name":` as it stands in JSON */
  add(key: Uint8Array): void {
    const { data, start, stop } = this.#scanner;
    this.#reserve(key.length + ESCAPE_BYTES * (stop - start) + 4);
    this.#separate();
    this.#text.set(key, this.#length);
    this.#length = this.#quoted(data, start, stop, this.#length + key.length);
  }

  /** Takes the last cell as `$meta`. */
  meta(): void {
    const scanner = this.#scanner;
    const text = scanner.data.slice(scanner.start, scanner.stop);
    const refusal = this.#dynamic.refusalOf(text);
    if (refusal) {
      scanner.field = refusal.field ?? scanner.field;
      scanner.invalid(refusal.reason);
    }
    this.#addMembers(text);
  }

  /** Writes the row's cell. */
  finish(row: number): void {
    this.#reserve(2);
    if (this.#length === 0) this.#text[this.#length++] = OPEN;
    this.#text[this.#length++] = CLOSE;
    this.#builder.copy(row, this.#text, 0, this.#length);
  }

  #separate(): void {
    this.#text[this.#length] = this.#length === 0 ? OPEN : COMMA;
    this.#length++;
  }

  /** What stands between the braces of an object, without repeated keys. */
  #addMembers(object: Uint8Array): void {
    let start = object.indexOf(OPEN) + 1;
    let stop = object.lastIndexOf(CLOSE);
    while (start < stop && isBlank(object[start])) start++;
    while (stop > start && isBlank(object[stop - 1])) stop--;
    if (start === stop) return;
    this.#reserve(stop - start + 2);
    this.#separate();
    this.#text.set(object.subarray(start, stop), this.#length);
    this.#length += stop - start;
  }

  /** Writes a JSON string; answers where it ends. */
  #quoted(data: Uint8Array, start: number, stop: number, at: number): number {
    const text = this.#text;
    let to = at;
    text[to++] = QUOTE;
    for (let i = start; i < stop; i++) {
      const byte = data[i];
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) text[to++] = byte;
      else to = escapeTo(byte, text, to);
    }
    text[to++] = QUOTE;
    return to;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#text.length) return;
    const grown = new Uint8Array(2 * needed);
    grown.set(this.#text.subarray(0, this.#length));
    this.#text = grown;
  }
}

function escapeTo(byte: number, text: Uint8Array, at: number): number {
  let to = at;
  text[to++] = BACKSLASH;
  if (byte >= 0x20) {
    text[to++] = byte;
    return to;
  }
  for (const digit of [0x75, 0x30, 0x30, HEX[byte >> 4], HEX[byte & 15]]) text[to++] = digit;
  return to;
}
