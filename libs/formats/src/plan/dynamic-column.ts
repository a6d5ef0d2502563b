import { excerptOfBytes } from "@sluice/errors";
import type { CollectionSchema } from "@sluice/schema";
import {
  closingQuote,
  decodeText,
  describeJsonError,
  dropRepeatedKeys,
  findJsonError,
  firstMember,
  jsonTypeAt,
  nextMember,
  skipBlanks,
  valueAfterKey,
} from "@sluice/values";
import { duplicatedKey } from "./refusals.ts";

/** Why a value is refused; code `value_invalid`. */
export interface MetaRefusal {
  readonly reason: string;
  /** The name that stands in `$meta` too. */
  readonly field?: string;
}

/** What `$meta` may hold: a JSON object none of whose keys is given elsewhere, as a field or by itself. */
export class DynamicColumn {
  readonly #names: ReadonlySet<string>;

  /** @param names that may not be keys of `$meta` */
  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
  }

  static of({ fields, structs }: CollectionSchema): DynamicColumn {
    return new DynamicColumn([...fields, ...structs].map(({ name }) => name));
  }

  /** Of a source that gives more keys of `$meta` by themselves. */
  with(names: Iterable<string>): DynamicColumn {
    return new DynamicColumn([...this.#names, ...names]);
  }

  /**
   * Why `bytes[start, end)` may not be the `$meta` of a row; undefined when it may. Of keys that occur twice the last stays,
   * in place.
   */
  refusalOf(bytes: Uint8Array, start = 0, end = bytes.length): MetaRefusal | undefined {
    const error = findJsonError(bytes, start, end);
    const value = () => excerptOfBytes(bytes.subarray(start, end));
    if (error >= 0) {
      const why = `${describeJsonError(bytes, error, end)}, value=${value()}`;
      return { reason: `illegal value for dynamic field, not a JSON format string: ${why}` };
    }
    if (jsonTypeAt(bytes, start) !== "object")
      return { reason: `illegal value for dynamic field, not a JSON object: ${value()}` };
    dropRepeatedKeys(bytes, start, end);
    const field = this.#fieldAmong(bytes, start, end);
    return field === undefined
      ? undefined
      : { field, reason: duplicatedKey(field, "it is a field and stands in $meta too") };
  }

  /** The first key of the object that is a field. The text is valid. */
  #fieldAmong(bytes: Uint8Array, start: number, end: number): string | undefined {
    let key = firstMember(bytes, skipBlanks(bytes, start, end), end);
    while (key < end) {
      const close = closingQuote(bytes, key + 1, end);
      const name = decodeText(bytes, key + 1, close);
      if (this.#names.has(name)) return name;
      key = nextMember(bytes, valueAfterKey(bytes, close, end), end);
    }
    return undefined;
  }
}
