import { TooLarge } from "@sluice/parquet";
import { dropRepeatedKeys } from "@sluice/values";
import { MAX_ROW_BYTES } from "../format.ts";
import { TextOut } from "../text-out.ts";

const [OPEN, CLOSE, COMMA, COLON] = Buffer.from("{},:");

/**
 * `$meta` of one row of a source that has columns: the members of its own `$meta`, then a key for each column that no field
 * takes. Memory is used again.
 */
export class MetaRow {
  readonly #out = new TextOut();
  #isEmpty = true;

  /** @param own the row's own `$meta`, a valid object; undefined: none */
  begin(own: Uint8Array | undefined): void {
    this.#out.clear();
    this.#out.byte(OPEN);
    const members = own && membersOf(own);
    this.#isEmpty = members === undefined || members.length === 0;
    if (members) this.#out.copy(members, 0, members.length);
  }

  /** Begins the value of a key, which the caller writes. @param key as JSON, with quotes */
  key(key: Uint8Array): TextOut {
    if (!this.#isEmpty) this.#out.byte(COMMA);
    this.#isEmpty = false;
    this.#out.copy(key, 0, key.length);
    this.#out.byte(COLON);
    return this.#out;
  }

  /** All members of another object. */
  addMembers(object: Uint8Array): void {
    const members = membersOf(object);
    if (members.length === 0) return;
    if (!this.#isEmpty) this.#out.byte(COMMA);
    this.#isEmpty = false;
    this.#out.copy(members, 0, members.length);
  }

  /** The object, valid until the next row; of keys that occur twice the last stays. @throws {TooLarge} */
  finish(): Uint8Array {
    this.#out.byte(CLOSE);
    if (this.#out.length > MAX_ROW_BYTES) throw new TooLarge("$meta of a row", MAX_ROW_BYTES);
    const object = this.#out.bytes.subarray(0, this.#out.length);
    return object.subarray(0, dropRepeatedKeys(object));
  }
}

/** What stands between the braces of an object, without blanks around it. */
function membersOf(object: Uint8Array): Uint8Array {
  let [start, end] = [object.indexOf(OPEN) + 1, object.lastIndexOf(CLOSE)];
  while (start < end && object[start] <= 0x20) start++;
  while (end > start && object[end - 1] <= 0x20) end--;
  return object.subarray(start, Math.max(start, end));
}
