import type { ToJson } from "./cell-text.ts";

const [PLUS, MINUS, POINT, ZERO, COMMA] = [0x2b, 0x2d, 0x2e, 0x30, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_BRACE, CLOSE_BRACE, OPEN_ROUND, CLOSE_ROUND] = [0x5b, 0x5d, 0x7b, 0x7d, 0x28, 0x29];

const isDigit = (byte: number) => (byte - ZERO) >>> 0 <= 9;
const isBlank = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isLetter = (byte: number) => ((byte | 0x20) - 0x61) >>> 0 < 26;

/** Walks over text and writes JSON. One object serves all cells. */
class Rewriter {
  bytes: Uint8Array = new Uint8Array(0);
  out: Uint8Array = new Uint8Array(0);
  at = 0;
  stop = 0;
  to = 0;

  open(bytes: Uint8Array, start: number, stop: number, out: Uint8Array): void {
    this.bytes = bytes;
    this.out = out;
    this.at = start;
    this.stop = stop;
    this.to = 0;
  }

  /** 0 behind the end. */
  get byte(): number {
    return this.at < this.stop ? this.bytes[this.at] : 0;
  }

  write(byte: number): void {
    this.out[this.to++] = byte;
  }

  blanks(): boolean {
    const from = this.at;
    while (isBlank(this.byte)) this.at++;
    return this.at > from;
  }

  /** Digits of the number, of which there may be none; how many. */
  digits(): number {
    const from = this.at;
    while (isDigit(this.byte)) this.write(this.bytes[this.at++]);
    return this.at - from;
  }

  /** A number as Go, Python, NumPy and C print it: `+1`, `.5`, `5.`, `007`. */
  number(): boolean {
    if (this.byte === MINUS) this.write(MINUS);
    if (this.byte === MINUS || this.byte === PLUS) this.at++;
    while (this.byte === ZERO && isDigit(this.bytes[this.at + 1]) && this.at + 1 < this.stop) this.at++;
    const whole = this.digits();
    if (whole === 0) this.write(ZERO);
    const fraction = this.#fraction();
    return whole + fraction > 0 && this.#exponent();
  }

  #fraction(): number {
    if (this.byte !== POINT) return 0;
    this.at++;
    const point = this.to;
    this.write(POINT);
    const count = this.digits();
    if (count === 0) this.to = point;
    return count;
  }

  #exponent(): boolean {
    if ((this.byte | 0x20) !== 0x65) return true;
    this.write(this.bytes[this.at++]);
    if (this.byte === MINUS || this.byte === PLUS) this.write(this.bytes[this.at++]);
    return this.digits() > 0;
  }

  /** `np.float32(0.5)`, as lists of NumPy's scalars are printed, or a number alone. */
  item(): boolean {
    if (!isLetter(this.byte)) return this.number();
    while (isLetter(this.byte) || isDigit(this.byte) || this.byte === POINT || this.byte === 0x5f) this.at++;
    if (this.byte !== OPEN_ROUND) return false;
    this.at++;
    if (!this.number() || this.byte !== CLOSE_ROUND) return false;
    this.at++;
    return true;
  }

  /** Commas between numbers, or blanks everywhere. */
  items(close: number): boolean {
    const parts = { commas: 0, blanks: 0 };
    for (;;) {
      if (!this.item()) return false;
      const hasBlank = this.blanks();
      if (this.byte === close) return parts.commas === 0 || parts.blanks === 0;
      if (this.byte === COMMA) {
        parts.commas++;
        this.at++;
        this.blanks();
      } else if (hasBlank) parts.blanks++;
      else return false;
      this.write(COMMA);
    }
  }
}

const rewriter = new Rewriter();

/** One number, by Go's grammar of decimal ones. */
export const numberToJson: ToJson = (bytes, start, stop, out) => {
  rewriter.open(bytes, start, stop, out);
  return rewriter.number() && rewriter.at === stop ? rewriter.to : -1;
};

/**
 * A list of numbers as NumPy and pandas (`[0.1 0.2]`, with line breaks), Python (`[np.float32(0.5), 1.]`), DuckDB and
 * pgvector (`[1,0.1]`) and PostgreSQL's arrays (`{1,0.1}`) print it; without brackets numbers with blanks between them.
 */
export const numbersToJson: ToJson = (bytes, start, stop, out) => {
  rewriter.open(bytes, start, stop, out);
  rewriter.blanks();
  const open = rewriter.byte;
  const close = open === OPEN_LIST ? CLOSE_LIST : open === OPEN_BRACE ? CLOSE_BRACE : 0;
  if (close !== 0) rewriter.at++;
  rewriter.write(OPEN_LIST);
  rewriter.blanks();
  const isEmpty = rewriter.byte === close;
  if (isEmpty ? close === 0 : !rewriter.items(close)) return -1;
  rewriter.write(CLOSE_LIST);
  if (close !== 0) rewriter.at++;
  rewriter.blanks();
  return rewriter.at === stop ? rewriter.to : -1;
};
