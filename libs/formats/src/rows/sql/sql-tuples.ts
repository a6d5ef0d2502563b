import { TextOut } from "../../text-out.ts";
import type { DumpPart, SqlDialect } from "./dump-part.ts";
import type { SqlColumn } from "./sql-tables.ts";
import { isOfBytes, writeText, writeWord } from "./sql-values.ts";
import { endsCall, isCall } from "./sqlite-calls.ts";

const [TAB, LINE_FEED, BLANK, SINGLE, OPEN, CLOSE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x20, 0x27, 0x28, 0x29, 0x2c, 0x5c];
const MAX_WORD_BYTES = 512;
/** What MySQL's backslash, and PostgreSQL's in `E'…'`, make of a letter; any other one stands for itself. */
const controls = new Map([..."0bnrtZf"].map((letter, i) => [letter.charCodeAt(0), [0, 8, 10, 13, 9, 26, 12][i]]));

type State = "value" | "word" | "prefix" | "text" | "quote" | "call" | "behind value" | "behind row" | "before row";

/** The rows of `INSERT … VALUES`, from behind the first bracket on, as cells of COPY's text form. */
export class SqlTuples implements DumpPart {
  readonly #hasEscapes: boolean;
  readonly #ofBytes: readonly boolean[] | undefined;
  readonly #out: TextOut | undefined;
  readonly #row = new TextOut();
  readonly #text = new TextOut();
  #state: State = "value";
  #cells = 0;
  #word = "";
  #isEscaped = false;
  isDone = false;

  /** @param columns of the table @param out absent for rows that nobody wants */
  constructor({ hasEscapes }: SqlDialect, columns: readonly SqlColumn[] | undefined, out: TextOut | undefined) {
    this.#hasEscapes = hasEscapes;
    this.#ofBytes = columns?.map(({ type }) => isOfBytes(type));
    this.#out = out;
  }

  run(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      if (this.#state === "text" && !this.#isEscaped) at = this.#runText(chunk, at);
      if (at === chunk.length) return at;
      this.#take(chunk[at]);
      // What ends the rows is the statement's, as a semicolon is.
      if (this.isDone) return at;
    }
    return chunk.length;
  }

  /** Up to a byte that may be more than itself. */
  #runText(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && chunk[at] !== SINGLE && chunk[at] !== BACKSLASH) at++;
    this.#text.copy(chunk, from, at);
    return at;
  }

  #take(byte: number): void {
    if (this.#state === "text") this.#takeText(byte);
    else if (this.#state === "value") this.#takeValue(byte);
    else if (this.#state === "word") this.#takeWord(byte);
    else if (this.#state === "quote") this.#takeBehindQuote(byte);
    else if (this.#state === "behind value") this.#takeBehind(byte);
    else if (this.#state === "prefix") this.#takePrefix(byte);
    else if (this.#state === "call") this.#takeCall(byte);
    else this.#takeBetween(byte);
  }

  #takePrefix(byte: number): void {
    if (byte === SINGLE) this.#state = "text";
    else if (byte > BLANK) throw this.#unexpected(byte, "a text");
  }

  #takeValue(byte: number): void {
    if (byte <= BLANK) return;
    this.#word = "";
    this.#text.clear();
    if (byte === SINGLE) this.#state = "text";
    else {
      this.#state = "word";
      this.#takeWord(byte);
    }
  }

  #takeWord(byte: number): void {
    const isEnd = byte <= BLANK || byte === COMMA || byte === CLOSE || byte === SINGLE;
    if (!isEnd) {
      if (this.#word.length >= MAX_WORD_BYTES) throw new RangeError("a value without quotes is too long");
      this.#word += String.fromCharCode(byte);
    } else if (byte === SINGLE) this.#state = "text";
    else if (/^_\w+$/.test(this.#word)) this.#state = "prefix";
    else {
      if (this.#out) writeWord(this.#row, this.#word);
      this.#state = "behind value";
      this.#takeBehind(byte);
    }
  }

  #takeText(byte: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#text.byte(controls.get(byte) ?? byte);
    } else if (byte === SINGLE) this.#state = "quote";
    else if (this.#hasEscapes || /^e$/i.test(this.#word)) this.#isEscaped = true;
    else this.#text.byte(byte);
  }

  #takeBehindQuote(byte: number): void {
    if (byte === SINGLE) {
      this.#text.byte(SINGLE);
      this.#state = "text";
      return;
    }
    if (isCall(this.#word)) {
      this.#rest = "";
      this.#state = "call";
      this.#takeCall(byte);
    } else {
      this.#endText();
      this.#takeBehind(byte);
    }
  }

  #takeCall(byte: number): void {
    this.#rest += String.fromCharCode(byte);
    if (byte !== CLOSE || !endsCall(this.#word, this.#rest, this.#text)) return;
    this.#word = "";
    this.#endText();
  }
  #rest = "";

  #endText(): void {
    const isOfBytes = this.#ofBytes?.[this.#cells] === true;
    if (this.#out) writeText(this.#row, this.#text, { prefix: this.#word, isOfBytes });
    this.#state = "behind value";
  }

  #takeBehind(byte: number): void {
    if (byte <= BLANK) return;
    if (byte !== COMMA && byte !== CLOSE) throw this.#unexpected(byte, '"," or ")"');
    this.#cells++;
    if (byte === COMMA) {
      this.#row.byte(TAB);
      this.#state = "value";
    } else this.#endRow();
  }

  #endRow(): void {
    const { length: columns } = this.#ofBytes ?? { length: this.#cells };
    if (this.#cells !== columns) throw new RangeError(`a row has ${this.#cells} values, its table ${columns} columns`);
    this.#row.byte(LINE_FEED);
    this.#out?.copy(this.#row.bytes, 0, this.#row.length);
    this.#row.clear();
    this.#cells = 0;
    this.#state = "behind row";
  }

  #takeBetween(byte: number): void {
    if (byte <= BLANK) return;
    if (byte === COMMA && this.#state === "behind row") this.#state = "before row";
    else if (byte === OPEN && this.#state === "before row") this.#state = "value";
    else if (this.#state === "behind row") this.isDone = true;
    else throw this.#unexpected(byte, '"("');
  }

  #unexpected(byte: number, expected: string): RangeError {
    return new RangeError(
      `expected ${expected}, found '${String.fromCharCode(byte)}'; values are read where they are literals`,
    );
  }
}
