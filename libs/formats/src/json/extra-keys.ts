import type { VarBuilder } from "./column-builder.ts";
import type { Scanner } from "./scanner.ts";
import { isObjectText } from "./value-parsers.ts";

interface ExtraKey {
  name: string;
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * The dynamic column of a row: the keys that no field has, copied as they are written, and what `$meta` itself gave. Of a
 * repeated key the last counts.
 */
export class ExtraKeys {
  readonly #scanner: Scanner;
  readonly #builder: VarBuilder;
  readonly #keys: ExtraKey[] = [];
  #count = 0;
  #row = 0;
  #meta: Uint8Array | undefined;

  constructor(scanner: Scanner, builder: VarBuilder) {
    this.#scanner = scanner;
    this.#builder = builder;
  }

  begin(row: number): void {
    this.#row = row;
    this.#count = 0;
    this.#meta = undefined;
  }

  add(name: string, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    let i = 0;
    while (i < this.#count && this.#keys[i].name !== name) i++;
    this.#keys[i] ??= { name, keyStart, keyEnd, valueStart, valueEnd };
    Object.assign(this.#keys[i], { name, keyStart, keyEnd, valueStart, valueEnd });
    if (i === this.#count) this.#count++;
  }

  /** `$meta` as an object or as its text; null counts as absent. Answers the position behind the value. */
  meta(p: number): number {
    const { bytes } = this.#scanner;
    if (bytes[p] === 0x6e) return this.#scanner.word(p, "null");
    if (bytes[p] !== 0x7b && bytes[p] !== 0x22)
      return this.#scanner.invalid(p, "illegal value for dynamic field, not a JSON object");
    const end = this.#scanner.skipValue(p);
    const text = bytes[p] === 0x7b ? bytes.slice(p, end) : this.#scanner.unescaped(p, end);
    if (!isObjectText(text))
      return this.#scanner.invalid(p, "illegal value for dynamic field, not a JSON format string of an object");
    this.#meta = text;
    return end;
  }

  /** Writes the row's cell. */
  finish(): void {
    if (this.#count === 0) this.#builder.put(this.#row, this.#meta ?? EMPTY);
    else this.#builder.put(this.#row, this.#merged());
  }

  #merged(): Uint8Array {
    const { bytes } = this.#scanner;
    const parts: Uint8Array[] = [Uint8Array.of(0x7b)];
    for (let i = 0; i < this.#count; i++) {
      const { keyStart, keyEnd, valueStart, valueEnd } = this.#keys[i];
      if (i > 0) parts.push(Uint8Array.of(COMMA));
      parts.push(bytes.subarray(keyStart, keyEnd), Uint8Array.of(COLON), bytes.subarray(valueStart, valueEnd));
    }
    const inner = this.#metaMembers();
    if (inner.length > 0) parts.push(Uint8Array.of(COMMA), inner);
    parts.push(Uint8Array.of(0x7d));
    return Buffer.concat(parts);
  }

  /** What stands between the braces of `$meta`, without keys that the row gives too: those are refused. */
  #metaMembers(): Uint8Array {
    if (!this.#meta) return new Uint8Array(0);
    const text = Buffer.from(this.#meta).toString("utf8").trim();
    const names = new Set(Object.keys(JSON.parse(text) as object));
    for (let i = 0; i < this.#count; i++) {
      if (!names.has(this.#keys[i].name)) continue;
      this.#scanner.field = "$meta";
      this.#scanner.invalid(this.#keys[i].keyStart, `duplicated key is not allowed, key=${this.#keys[i].name}`);
    }
    return Buffer.from(text.slice(1, -1).trim());
  }
}

const EMPTY = Uint8Array.of(0x7b, 0x7d);
