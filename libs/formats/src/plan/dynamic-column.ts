import { excerptOfBytes } from "@sluice/errors";
import type { CollectionSchema } from "@sluice/schema";
import {
  closingQuote,
  decodeText,
  describeJsonError,
  dropRepeatedKeys,
  findJsonError,
  firstMember,
  hasEscape,
  jsonTypeAt,
  nextMember,
  skipBlanks,
  valueAfterKey,
} from "@sluice/values";
import { duplicatedColumn, duplicatedKey } from "./refusals.ts";

/** Why a value is refused; code `value_invalid`. */
export interface MetaRefusal {
  readonly reason: string;
  /** The name that stands in `$meta` too. */
  readonly field?: string;
}

/** What `$meta` may hold: a JSON object none of whose keys is given elsewhere, as a field or by itself. */
export class DynamicColumn {
  readonly #names: ReadonlySet<string>;
  /** Those of them that are no fields, and what is said of them. */
  readonly #columns: ReadonlySet<string>;
  readonly #refusalOfColumn: (name: string) => string;
  /** The same names as UTF-8, by their length: keys are compared where they lie, since no key of most rows is among them. */
  readonly #byLength: readonly (readonly Uint8Array[] | undefined)[];

  /**
   * @param names that may not be keys of `$meta`
   * @param columns those of them that are no fields
   * @param refusalOfColumn why such a one may not stand in `$meta` as well
   */
  constructor(names: Iterable<string>, columns: Iterable<string> = [], refusalOfColumn = duplicatedColumn) {
    this.#names = new Set(names);
    this.#columns = new Set(columns);
    this.#refusalOfColumn = refusalOfColumn;
    const byLength: Uint8Array[][] = [];
    for (const name of this.#names) {
      const bytes = Buffer.from(name);
      byLength[bytes.length] = [...(byLength[bytes.length] ?? []), bytes];
    }
    this.#byLength = byLength;
  }

  /** With the names that no dynamic key may have: those of fields and struct arrays. */
  static of({ fields, structs }: CollectionSchema): DynamicColumn {
    return new DynamicColumn([...fields, ...structs].map(({ name }) => name));
  }

  /** Of a source that gives more keys of `$meta` by themselves. @param refusalOfColumn see the constructor */
  with(names: Iterable<string>, refusalOfColumn = this.#refusalOfColumn): DynamicColumn {
    const columns = [...this.#columns, ...names];
    return new DynamicColumn([...this.#names, ...columns], columns, refusalOfColumn);
  }

  /**
   * Why `bytes[start, end)` may not be the `$meta` of a row; undefined when it may. Of keys that occur twice the last stays,
   * in place.
   */
  refusalOf(bytes: Uint8Array, start = 0, end = bytes.length): MetaRefusal | undefined {
    const error = findJsonError(bytes, start, end);
    if (error >= 0) {
      const why = `${describeJsonError(bytes, error, end)}, value=${excerptOfBytes(bytes.subarray(start, end))}`;
      return { reason: `illegal value for dynamic field, not a JSON format string: ${why}` };
    }
    if (jsonTypeAt(bytes, start) !== "object") {
      const value = excerptOfBytes(bytes.subarray(start, end));
      return { reason: `illegal value for dynamic field, not a JSON object: ${value}` };
    }
    dropRepeatedKeys(bytes, start, end);
    const field = this.#fieldAmong(bytes, start, end);
    if (field === undefined) return undefined;
    if (this.#columns.has(field)) return { field, reason: this.#refusalOfColumn(field) };
    return { field, reason: duplicatedKey(field, "it is a field and stands in $meta too") };
  }

  /** The first key of the object that is a field. The text is valid. */
  #fieldAmong(bytes: Uint8Array, start: number, end: number): string | undefined {
    let key = firstMember(bytes, skipBlanks(bytes, start, end), end);
    while (key < end) {
      const close = closingQuote(bytes, key + 1, end);
      const name = this.#nameAt(bytes, key + 1, close);
      if (name !== undefined) return name;
      key = nextMember(bytes, valueAfterKey(bytes, close, end), end);
    }
    return undefined;
  }

  /** The name between the quotes, if it is one of ours. Escapes call for a closer look. */
  #nameAt(bytes: Uint8Array, start: number, end: number): string | undefined {
    const isOurs =
      this.#byLength[end - start]?.some((name) => isAt(bytes, start, name)) || hasEscape(bytes, start, end);
    if (!isOurs) return undefined;
    const name = decodeText(bytes, start, end);
    return this.#names.has(name) ? name : undefined;
  }
}

function isAt(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
