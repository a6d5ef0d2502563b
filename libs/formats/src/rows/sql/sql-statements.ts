import { TextOut } from "../../text-out.ts";
import type { DumpPart, SqlDialect } from "./dump-part.ts";

const [LINE_FEED, BLANK, BACKSLASH, SEMICOLON, OPEN] = [0x0a, 0x20, 0x5c, 0x3b, 0x28];
const [DOUBLE, SINGLE, BACKTICK, HASH, DOLLAR, DASH, STAR, SLASH] = [0x22, 0x27, 0x60, 0x23, 0x24, 0x2d, 0x2a, 0x2f];
/** Of a statement without its rows: a table has at most some thousand columns. */
const MAX_BYTES = 1 << 20;
const LAST_OF_VALUES = 0x73;
/** Of the mark of a body, `$name$`: names have 63 at most. */
const MAX_TAG_BYTES = 65;

type State = "text" | "quoted" | "line comment" | "block comment" | "body" | "routine";

/** Statements up to one behind which rows stand: their texts, comments and bodies of functions may hold anything. */
export class SqlStatements implements DumpPart {
  readonly #hasEscapes: boolean;
  readonly #created: (statement: string) => void;
  readonly #text = new TextOut();
  #state: State = "text";
  #mark = 0;
  #isEscaped = false;
  /** What ends a body. */
  #tag = "";
  #last = 0;
  /** The end of `COPY` was met: its rows begin on the next line. */
  #isCopy = false;
  #isSkipped: boolean;
  isDone = false;
  rows: "copy" | "insert" = "insert";

  /**
   * @param created takes each statement behind which no rows stand
   * @param isBehindRows what comes up to the next semicolon is the rest of one whose rows were read
   */
  constructor({ hasEscapes }: SqlDialect, created: (statement: string) => void, isBehindRows = false) {
    this.#hasEscapes = hasEscapes;
    this.#created = created;
    this.#isSkipped = isBehindRows;
  }

  /** No statement has begun. */
  get isBetween(): boolean {
    return !this.#isSkipped && (this.#state === "text" || this.#state === "line comment") && this.text === "";
  }

  /** The statement so far, without blanks around it. */
  get text(): string {
    const { bytes, length } = this.#text;
    return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("utf8").trim();
  }

  run(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      this.#take(chunk[at]);
      if (this.isDone) return at + 1;
    }
    return chunk.length;
  }

  #take(byte: number): void {
    if (this.#isCopy) this.isDone = byte === LINE_FEED;
    else if (this.#state === "text") this.#takeText(byte);
    else if (this.#state === "quoted") this.#takeQuoted(byte);
    else this.#takeSkipped(byte);
    this.#last = byte;
  }

  #takeText(byte: number): void {
    if (this.#text.length === 0 && (byte <= BLANK || byte === BACKSLASH)) {
      // A command of psql ends with its line.
      if (byte === BACKSLASH) this.#state = "line comment";
    } else if (byte === SEMICOLON) this.#endStatement();
    else if (byte === OPEN && this.#beginsRows()) this.isDone = true;
    else this.#keep(byte);
  }

  #keep(byte: number): void {
    if (this.#text.length >= MAX_BYTES)
      throw new RangeError(`a statement has more than ${MAX_BYTES} bytes before its rows`);
    this.#text.byte(byte);
    if (byte === SINGLE || byte === DOUBLE || byte === BACKTICK) {
      this.#isEscaped = false;
      this.#mark = byte;
      this.#state = "quoted";
    } else if (byte === DASH && this.#last === DASH) this.#comment("line comment", 2);
    else if (byte === STAR && this.#last === SLASH) this.#comment("block comment", 2);
    else if (byte === HASH && this.#hasEscapes) this.#comment("line comment", 1);
    else if (byte === DOLLAR && !this.#hasEscapes) this.#beginBody();
  }

  #comment(state: State, length: number): void {
    this.#text.length -= length;
    this.#state = state;
  }

  #beginBody(): void {
    const { length } = this.#text;
    const [tag] = /\$\w*\$$/.exec(this.#part(length - MAX_TAG_BYTES, length)) ?? [];
    if (tag === undefined) return;
    this.#tag = tag;
    this.#text.length -= tag.length;
    this.#state = "body";
    this.#seen = "";
  }
  #seen = "";

  #takeQuoted(byte: number): void {
    if (this.#text.length < MAX_BYTES) this.#text.byte(byte);
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH && this.#hasEscapes && this.#mark !== BACKTICK) this.#isEscaped = true;
    else if (byte === this.#mark) this.#state = "text";
  }

  #takeSkipped(byte: number): void {
    if (this.#state === "line comment") {
      if (byte === LINE_FEED) this.#state = "text";
    } else if (this.#state === "block comment") {
      if (byte === SLASH && this.#last === STAR) this.#state = "text";
    } else {
      this.#seen = (this.#seen + String.fromCharCode(byte)).slice(-16 - this.#tag.length);
      const isEnd = this.#state === "body" ? this.#seen.endsWith(this.#tag) : /DELIMITER\s+;\s$/i.test(this.#seen);
      if (isEnd) this.#state = "text";
    }
  }

  #endStatement(): void {
    const { text } = this;
    this.#text.clear();
    const isSkipped = this.#isSkipped;
    this.#isSkipped = false;
    if (isSkipped) return;
    if (/^DELIMITER$/i.test(text)) {
      this.#state = "routine";
      this.#seen = "";
    } else if (/^COPY\s[\s\S]*FROM\s+stdin$/i.test(text)) {
      this.#text.text(text);
      this.rows = "copy";
      this.#isCopy = true;
    } else this.#created(text);
  }

  /** By its ends alone: a statement may have a bracket at each byte. */
  #beginsRows(): boolean {
    const { bytes, length } = this.#text;
    let end = length;
    while (end > 0 && bytes[end - 1] <= BLANK) end--;
    if (this.#isSkipped || (bytes[end - 1] | 0x20) !== LAST_OF_VALUES) return false;
    const isInsert = /^(INSERT|REPLACE)\s/i.test(this.#part(0, 8));
    return isInsert && /[\s)]VALUES$/i.test(this.#part(end - 7, end));
  }

  #part(from: number, to: number): string {
    const { bytes, length } = this.#text;
    return Buffer.from(bytes.subarray(Math.max(0, from), Math.min(to, length))).toString("latin1");
  }
}
