import type { VarBuilder } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { META_FIELD_NAME } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import type { DynamicColumn } from "../../plan/dynamic-column.ts";
import { duplicatedKey } from "../../plan/refusals.ts";
import type { KnownKey } from "./object-keys.ts";
import { RestText } from "./rest-text.ts";
import type { Scanner } from "./scanner.ts";

interface ExtraKey {
  name: string;
  /** With the names that it lies in. */
  path: string;
  /** Its value lies in what is left of a value that fields took something of. */
  isRest: boolean;
  /** Its key lies there, and not in the window. */
  keyBytes: Uint8Array | undefined;
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const [OPEN, CLOSE] = [0x7b, 0x7d];
const COLON = 0x3a;
/** So many names are compared faster than hashed. */
const FEW_KEYS = 16;

/**
 * The dynamic column of a row: the keys that no field has, copied as they are written, and what `$meta` itself gave. Of a
 * repeated key the last counts.
 */
export class ExtraKeys {
  readonly #dynamic: DynamicColumn;
  readonly #scanner: Scanner;
  readonly #builder: VarBuilder;
  readonly #keys: ExtraKey[] = [];
  /** Where the keys of the row lie, of rows with more than a few. */
  readonly #positions = new Map<string, number>();
  #count = 0;
  #row = 0;
  #meta: Uint8Array | undefined;
  #metaPath = "";
  /** What is left of values of the row of which fields took a part. */
  readonly rest = new RestText();

  constructor(dynamic: DynamicColumn, scanner: Scanner, builder: VarBuilder) {
    this.#dynamic = dynamic;
    this.#scanner = scanner;
    this.#builder = builder;
  }

  /** Another row begins: what was gathered of the last one is gone. */
  begin(row: number): void {
    this.#row = row;
    if (this.#positions.size > 0) this.#positions.clear();
    this.#count = 0;
    this.#meta = undefined;
    this.rest.length = 0;
  }

  /** A key with its value, both as they stand in the window. */
  add({ name, path, bytes }: KnownKey, keyStart: number, valueStart: number, valueEnd: number): void {
    this.#put(name, path, false, undefined, keyStart, keyStart + bytes.length, valueStart, valueEnd);
  }

  /** A value that has no key beside it. */
  addKeyless({ name, path, bytes }: KnownKey, valueStart: number, valueEnd: number): void {
    this.#put(name, path, false, bytes, 0, bytes.length, valueStart, valueEnd);
  }

  /** A key whose value is all of `rest` from `start` on. */
  addRest({ name, path, bytes }: KnownKey, keyStart: number, start: number): void {
    this.#put(name, path, true, undefined, keyStart, keyStart + bytes.length, start, this.rest.length);
  }

  #put(
    name: string,
    path: string,
    isRest: boolean,
    keyBytes: Uint8Array | undefined,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const i = this.#find(name);
    if (i === this.#keys.length)
      this.#keys.push({ name, path, isRest, keyBytes, keyStart, keyEnd, valueStart, valueEnd });
    else {
      const key = this.#keys[i];
      if (i < this.#count && key.path !== path) this.#givenTwice(name, key.path, path, valueStart);
      key.name = name;
      key.path = path;
      key.isRest = isRest;
      key.keyBytes = keyBytes;
      key.keyStart = keyStart;
      key.keyEnd = keyEnd;
      key.valueStart = valueStart;
      key.valueEnd = valueEnd;
    }
    if (i < this.#count) return;
    this.#count++;
    if (this.#count > FEW_KEYS) this.#positions.set(name, i);
    if (this.#count === FEW_KEYS + 1) for (let k = 0; k < i; k++) this.#positions.set(this.#keys[k].name, k);
  }

  /** Which of them is meant nobody but the user knows. */
  #givenTwice(name: string, first: string, second: string, p: number): never {
    const places = `'${excerpt(first)}' and '${excerpt(second)}' are both in the row`;
    return this.#scanner.invalid(p, duplicatedKey(name, `${places}: leave one out, by fields_mapping {"…": null}`));
  }

  /** Position of the key, or of a new one. */
  #find(name: string): number {
    if (this.#count > FEW_KEYS) return this.#positions.get(name) ?? this.#count;
    let i = 0;
    while (i < this.#count && this.#keys[i].name !== name) i++;
    return i;
  }

  /** `$meta` as an object or as its text; null counts as absent. Answers the position behind the value. */
  meta(path: string, p: number): number {
    const scanner = this.#scanner;
    if (scanner.bytes[p] === 0x6e) return scanner.word(p, "null");
    const end = scanner.skipValue(p);
    const text = scanner.bytes[p] === QUOTE ? scanner.unescaped(p, end) : scanner.bytes.slice(p, end);
    const refusal = this.#dynamic.refusalOf(text);
    if (refusal) {
      scanner.field = refusal.field ?? scanner.field;
      scanner.invalid(p, refusal.reason);
    }
    if (this.#meta && this.#metaPath !== path) this.#givenTwice(META_FIELD_NAME, this.#metaPath, path, p);
    this.#meta = text;
    this.#metaPath = path;
    return end;
  }

  /** Writes the row's cell. */
  finish(): void {
    const builder = this.#builder;
    if (this.#count === 0) builder.put(this.#row, this.#meta ?? EMPTY);
    else this.#writeMerged(this.#metaMembers());
    if (this.#count === 0 && !this.#meta) return;
    const { data, offsets } = builder;
    offsets[this.#row + 1] = dropRepeatedKeys(data, offsets[this.#row], offsets[this.#row + 1]);
  }

  /** Straight into the column: most rows have some keys of their own. */
  #writeMerged(inner: Uint8Array): void {
    const builder = this.#builder;
    const { bytes } = this.#scanner;
    builder.reserve(this.#row, this.#mergedBytes(inner));
    const { data } = builder;
    let at = builder.offsets[this.#row];
    data[at++] = OPEN;
    for (let i = 0; i < this.#count; i++) {
      const { isRest, keyBytes, keyStart, keyEnd, valueStart, valueEnd } = this.#keys[i];
      if (i > 0) data[at++] = COMMA;
      at = copy(keyBytes ?? bytes, keyStart, keyEnd, data, at);
      data[at++] = COLON;
      at = copy(isRest ? this.rest.bytes : bytes, valueStart, valueEnd, data, at);
    }
    if (inner.length > 0) {
      data[at++] = COMMA;
      at = copy(inner, 0, inner.length, data, at);
    }
    data[at++] = CLOSE;
    builder.offsets[this.#row + 1] = at;
  }

  #mergedBytes(inner: Uint8Array): number {
    // Braces, a colon for each key, a comma before each but the first, and one before what `$meta` gave.
    let size = 2 * this.#count + 1 + (inner.length > 0 ? inner.length + 1 : 0);
    for (let i = 0; i < this.#count; i++) {
      const { keyStart, keyEnd, valueStart, valueEnd } = this.#keys[i];
      size += keyEnd - keyStart + valueEnd - valueStart;
    }
    return size;
  }

  /** What stands between the braces of `$meta`, without keys that the row gives too: those are refused. */
  #metaMembers(): Uint8Array {
    if (!this.#meta) return new Uint8Array(0);
    const text = Buffer.from(this.#meta).toString("utf8").trim();
    const names = new Set(Object.keys(JSON.parse(text) as object));
    for (let i = 0; i < this.#count; i++) {
      if (!names.has(this.#keys[i].name)) continue;
      this.#scanner.field = META_FIELD_NAME;
      this.#scanner.invalid(
        this.#keys[i].keyBytes ? this.#keys[i].valueStart : this.#keys[i].keyStart,
        duplicatedKey(this.#keys[i].name),
      );
    }
    return Buffer.from(text.slice(1, -1).trim());
  }
}

const EMPTY = Uint8Array.of(OPEN, CLOSE);

/** Answers where the next byte goes. A loop beats the call for the short texts that most are. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end - start > 64) to.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++) to[at + i - start] = from[i];
  return at + end - start;
}
