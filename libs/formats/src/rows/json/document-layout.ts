import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { foreignToText } from "../../foreign-content.ts";
import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { PeekedFile } from "../peeked-file.ts";
import { firstRowFrom, isTelling, rowsUpTo } from "./cut-document.ts";
import { headScanner, membersAt, told } from "./head-scanner.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { DocumentShape } from "./json-shape.ts";
import type { Scanner } from "./scanner.ts";

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const COMMA = 0x2c;
const ALL = { start: 0, end: Number.POSITIVE_INFINITY };

/** Rows in a list or an object of one value: `{"rows": [...]}`, a list, and others. Source: import semantics §2.1. */
export class DocumentLayout implements JsonLayout {
  /** Offset of the first row of a part that begins in the middle of the file; else 0. */
  readonly start: number;
  readonly isOneLine = false;
  readonly #shape: DocumentShape;
  readonly #source: SourceFile;
  /** Offset from which on telling rows are those of the next part. */
  readonly #end: number;
  readonly #head: Uint8Array;
  /** The bracket that closes the rows. */
  readonly #close: number;
  /** Offset of the row that is the next part's; undefined while there is none. */
  #next: number | undefined;

  /** @param part of the file; default all of it */
  constructor(shape: DocumentShape, source: PeekedFile, part: { readonly start: number; readonly end: number } = ALL) {
    this.#shape = shape;
    this.#source = source;
    this.#head = source.head;
    this.start = part.start;
    this.#end = part.end;
    this.#close = shape.holder === "list" ? CLOSE_LIST : CLOSE_OBJECT;
  }

  begin(scanner: Scanner, p: number): number {
    if (this.start > 0) return p;
    const holder = this.#holderAt(scanner, p);
    const first = scanner.blanks(holder + 1);
    if (scanner.bytes[first] === this.#close) return this.#fileEnd(scanner, first + 1);
    if (first >= scanner.end) scanner.syntax(first, "a row");
    return this.#isNextParts(scanner, first) ? -1 : this.#rowAt(scanner, first);
  }

  #isNextParts(scanner: Scanner, p: number): boolean {
    const offset = scanner.window.base + p;
    if (offset < this.#end || !isTelling(scanner, p)) return false;
    this.#next = offset;
    return true;
  }

  /**
   * Whether the next part begins where this one, which knows its rows from their list on, has ended. So no row is lost or read
   * twice, also where the file is damaged.
   */
  async finish(signal: AbortSignal): Promise<void> {
    if (this.#end >= this.#source.sizeBytes) return;
    const next = await firstRowFrom(this.#source, this.#end, this.#shape, signal);
    if (next === this.#next) return;
    const reason =
      "the rows behind this byte cannot be told apart: the file is damaged, or more than rows stands in it";
    throw new ImportError("malformed_file", reason, { file: this.#source.path, byteOffset: this.#end });
  }

  /** Offset of the bracket that opens the rows of a text of nothing else. */
  holderOffset(): number {
    const { path, sizeBytes } = this.#source;
    return this.#holderAt(headScanner({ path, head: this.#head, isWhole: this.#head.length >= sizeBytes }), 0);
  }

  /** The bracket that opens the rows, from the start of the file on. */
  #holderAt(scanner: Scanner, p: number): number {
    const at = scanner.blanks(skipMark(scanner.window, p));
    const byte = scanner.bytes[at];
    const hint = foreignToText(this.#head);
    if ((byte !== OPEN_OBJECT && byte !== OPEN_LIST) || hint !== "")
      rootError(scanner, at, "invalid JSON format, the content should be started with '{' or '['", hint);
    return this.#holder(scanner, at);
  }

  next(scanner: Scanner, p: number): number {
    const at = scanner.blanks(p);
    const byte = scanner.bytes[at];
    if (byte === this.#close) return this.#fileEnd(scanner, at + 1);
    if (byte !== COMMA) scanner.syntax(at, `"," or "${String.fromCharCode(this.#close)}" behind a row`);
    const row = scanner.blanks(at + 1);
    if (scanner.bytes[row] === this.#close || row >= scanner.end) scanner.syntax(row, "a row");
    return this.#isNextParts(scanner, row) ? -1 : this.#rowAt(scanner, row);
  }

  /** Behind the label, where rows have such. */
  #rowAt(scanner: Scanner, p: number): number {
    return this.#shape.holder === "list" ? p : scanner.colon(scanner.keyEnd(p));
  }

  /** A value that is valid JSON, whatever its fields make of it; where it is none, no later row can be found. */
  endOfBadRow(scanner: Scanner, p: number): number {
    return scanner.skipValue(p);
  }

  /** What stands there belongs to the list. */
  checkBehind(): void {}

  /** The bracket that opens the rows, from that of the text on. */
  #holder(scanner: Scanner, p: number): number {
    const { path, holder } = this.#shape;
    let at = p;
    for (const [depth, name] of path.entries()) {
      if (scanner.bytes[at] !== OPEN_OBJECT)
        rootError(scanner, at, `invalid JSON format, '${path.slice(0, depth).join(".")}' should be an object`);
      at = memberOf(scanner, at, name, depth === 0);
    }
    if (scanner.bytes[at] !== (holder === "list" ? OPEN_LIST : OPEN_OBJECT))
      rootError(scanner, at, "invalid JSON format, rows list should begin with '['");
    return at;
  }

  /** Behind the rows: other members of the objects that they lie in, where these may have such, and the end of the file. */
  #fileEnd(scanner: Scanner, p: number): number {
    let at = p;
    for (const _ of this.#shape.path) at = objectEnd(scanner, at, this.#shape.isAllRows === true);
    at = scanner.blanks(at);
    if (at < scanner.end) scanner.syntax(at, "the end of the file");
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  async rowsBefore(signal: AbortSignal): Promise<number> {
    if (this.start === 0) return 0;
    return rowsUpTo(this.#source, this.start, (scanner, p) => this.#holderAt(scanner, p), signal);
  }
}

/** Where the value of the object's member begins. */
function memberOf(scanner: Scanner, p: number, name: string, isRoot: boolean): number {
  let at = scanner.blanks(p + 1);
  const first = at;
  // The braces of the first draft of the format: `{{…}}`.
  if (scanner.bytes[at] === OPEN_OBJECT) {
    scanner.row = 0;
    scanner.syntax(at, 'a key in double quotes ("rows")');
  }
  while (scanner.bytes[at] === 0x22) {
    const end = scanner.keyEnd(at);
    const found = scanner.textOf(at, end);
    const isIt = found === name || (isRoot && name === "rows" && found.toLowerCase() === name);
    if (isIt) return scanner.colon(end);
    at = scanner.blanks(scanner.skipValue(scanner.colon(end)));
    if (scanner.bytes[at] === COMMA) at = scanner.blanks(at + 1);
  }
  if (scanner.bytes[at] !== CLOSE_OBJECT && (at < scanner.end || at > first))
    scanner.syntax(at, "a key in double quotes");
  return rootKeyError(scanner, p, first, name);
}

/** @param begin of the object @param p of its first key */
function rootKeyError(scanner: Scanner, begin: number, p: number, name: string): never {
  if (scanner.bytes[p] !== 0x22) return rootError(scanner, p, `invalid JSON format, the root key should be '${name}'`);
  const found = excerpt(scanner.textOf(p, scanner.keyEnd(p)));
  const path = [...(pathOfRows(scanner, begin) ?? ["data", "id"])].join(".");
  const cure = `; rows may be one object a line, a list, or where fields_mapping finds them, as in {"${excerpt(path)}":"id"}`;
  return rootError(scanner, p, `invalid JSON format, the root key should be '${name}', but get '${found}'`, cure);
}

/** Keys that lead to the first list of objects, and to the first key of these. */
function pathOfRows(scanner: Scanner, p: number, depth = 3): readonly string[] | undefined {
  for (const { name, value } of membersAt(scanner, p)) {
    const isList = scanner.bytes[value] === OPEN_LIST;
    const object = isList ? told(() => scanner.blanks(value + 1)) : value;
    if (typeof object !== "number" || scanner.bytes[object] !== OPEN_OBJECT) continue;
    const [first] = membersAt(scanner, object);
    const rest = isList ? first && [first.name] : depth > 0 ? pathOfRows(scanner, object, depth - 1) : undefined;
    if (rest) return [name, ...rest];
  }
  return undefined;
}

/** Behind the object of which a member's value ends at `p`. @param isLast no other may follow, as Milvus has it */
function objectEnd(scanner: Scanner, p: number, isLast: boolean): number {
  let at = scanner.blanks(p);
  while (!isLast && scanner.bytes[at] === COMMA) {
    const key = scanner.blanks(at + 1);
    at = scanner.blanks(scanner.skipValue(scanner.colon(scanner.keyEnd(key))));
  }
  return scanner.bytes[at] === CLOSE_OBJECT ? at + 1 : scanner.syntax(at, '"}" behind the list of rows');
}

/** @param hint behind what was found */
function rootError(scanner: Scanner, p: number, reason: string, hint = ""): never {
  if (p >= scanner.end && !scanner.window.isLast) throw NEEDS_MORE;
  scanner.row = -1;
  const found = p < scanner.end ? scanner.shown(p) : "the end of the file";
  throw new ImportError("malformed_file", `${reason}, found ${found}${hint}`, scanner.at(p));
}
