import { excerpt, ImportError } from "@sluice/errors";
import { foreignToText } from "../../foreign-content.ts";
import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { Scanner } from "./scanner.ts";

const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/** `{"rows": [...]}`, the key in any case and the first one, or a list. Source: import semantics §2.1. */
export class DocumentLayout implements JsonLayout {
  readonly start = 0;
  readonly isOneLine = false;
  readonly #head: Uint8Array;
  #isObject = false;

  /** @param head the first bytes of the file: what they are instead, where they are no JSON */
  constructor(head: Uint8Array = new Uint8Array(0)) {
    this.#head = head;
  }

  begin(scanner: Scanner, p: number): number {
    const at = scanner.blanks(skipMark(scanner.window, p));
    const byte = scanner.bytes[at];
    const hint = foreignToText(this.#head);
    if ((byte !== OPEN_OBJECT && byte !== OPEN_LIST) || hint !== "")
      rootError(scanner, at, "invalid JSON format, the content should be started with '{' or '['", hint);
    this.#isObject = byte === OPEN_OBJECT;
    const list = this.#isObject ? rowsList(scanner, at) : at;
    const first = scanner.blanks(list + 1);
    if (scanner.bytes[first] === CLOSE_LIST) return this.#end(scanner, first + 1);
    if (first >= scanner.end) scanner.syntax(first, "a row");
    return first;
  }

  next(scanner: Scanner, p: number): number {
    const at = scanner.blanks(p);
    const byte = scanner.bytes[at];
    if (byte === CLOSE_LIST) return this.#end(scanner, at + 1);
    if (byte !== COMMA) scanner.syntax(at, '"," or "]" behind a row');
    const row = scanner.blanks(at + 1);
    if (scanner.bytes[row] === CLOSE_LIST || row >= scanner.end) scanner.syntax(row, "a row");
    return row;
  }

  /** A value that is valid JSON, whatever its fields make of it; where it is none, no later row can be found. */
  endOfBadRow(scanner: Scanner, p: number): number {
    return scanner.skipValue(p);
  }

  /** What stands there belongs to the list. */
  checkBehind(): void {}

  /** Behind the list: the end of the file, and in an object its brace first. */
  #end(scanner: Scanner, p: number): number {
    let at = scanner.blanks(p);
    if (this.#isObject) {
      if (scanner.bytes[at] !== 0x7d) scanner.syntax(at, '"}" behind the list of rows');
      at = scanner.blanks(at + 1);
    }
    if (at < scanner.end) scanner.syntax(at, "the end of the file");
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  async rowsBefore(): Promise<number> {
    return 0;
  }
}

/** The position of the list in `{"rows": [`. */
function rowsList(scanner: Scanner, p: number): number {
  const key = scanner.blanks(p + 1);
  if (scanner.bytes[key] === OPEN_OBJECT) {
    // The braces of the first draft of the format: `{{…}}`.
    scanner.row = 0;
    scanner.syntax(key, 'a key in double quotes ("rows")');
  }
  if (scanner.bytes[key] !== 0x22) rootError(scanner, key, "invalid JSON format, the root key should be 'rows'");
  const keyEnd = scanner.string(key);
  const name = Buffer.from(scanner.unescaped(key, keyEnd)).toString("utf8");
  if (name.toLowerCase() !== "rows")
    rootError(scanner, key, `invalid JSON format, the root key should be 'rows', but get '${excerpt(name)}'`);
  const colon = scanner.blanks(keyEnd);
  if (scanner.bytes[colon] !== 0x3a) scanner.syntax(colon, '":"');
  const list = scanner.blanks(colon + 1);
  if (scanner.bytes[list] !== OPEN_LIST)
    rootError(scanner, list, "invalid JSON format, rows list should begin with '['");
  return list;
}

/** @param hint behind what was found */
function rootError(scanner: Scanner, p: number, reason: string, hint = ""): never {
  if (p >= scanner.end && !scanner.window.isLast) throw NEEDS_MORE;
  scanner.row = -1;
  const found = p < scanner.end ? scanner.shown(p) : "the end of the file";
  throw new ImportError("malformed_file", `${reason}, found ${found}${hint}`, scanner.at(p));
}
