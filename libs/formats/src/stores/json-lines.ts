import { TextOut } from "../text-out.ts";

/** Text that is handed on at a time, about. */
const CHUNK_BYTES = 256 << 10;
const [OPEN, CLOSE, COMMA, COLON, NEWLINE] = [0x7b, 0x7d, 0x2c, 0x3a, 0x0a];

/** Rows as JSON text, one a line, in memory that is used again. */
export class JsonLines {
  readonly #out = new TextOut();
  readonly #names = new Map<string, Uint8Array>();
  #isFirst = true;

  /** For values that are no text, number or list of numbers. */
  get out(): TextOut {
    return this.#out;
  }

  /** Begins a row. */
  begin(): void {
    this.#out.byte(OPEN);
    this.#isFirst = true;
  }

  /** Begins a member; its value follows. */
  key(name: string): void {
    if (!this.#isFirst) this.#out.byte(COMMA);
    this.#isFirst = false;
    const known = this.#names.get(name) ?? Buffer.from(`${JSON.stringify(name)}`);
    // Keys of $meta may be any, and as many as there are rows.
    if (this.#names.size < 1024) this.#names.set(name, known);
    this.#out.copy(known, 0, known.length);
    this.#out.byte(COLON);
  }

  /** Ends a row, and its line. */
  end(): void {
    this.#out.byte(CLOSE);
    this.#out.byte(NEWLINE);
  }

  /** A number; NaN and infinities as Python writes them. */
  number(value: number | bigint): void {
    this.#out.ascii(Object.is(value, -0) ? "-0" : String(value));
  }

  /** UTF-8 bytes; what is none is found by whoever reads it. */
  text(bytes: Uint8Array): void {
    this.#out.jsonString(bytes, 0, bytes.length);
  }

  /** Bytes as text. */
  base64({ buffer, byteOffset, byteLength }: Uint8Array): void {
    this.#out.ascii(`"${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}"`);
  }

  /** Float32 components, little-endian; a number has more digits than it needs, and all of its bits. */
  floats(bytes: Uint8Array, count = bytes.length >>> 2, factor = 1): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#list(count, (i) => this.#float(factor * view.getFloat32(4 * i, true)));
  }

  /** With a fraction in any case, which tells a list of floats. */
  #float(value: number): void {
    this.number(value);
    if (Number.isInteger(value) && Math.abs(value) < 1e21) this.#out.ascii(".0");
  }

  /** Numbers, each as `number` writes it. */
  list(count: number, valueAt: (index: number) => number): void {
    this.#list(count, (i) => this.number(valueAt(i)));
  }

  #list(count: number, write: (index: number) => void): void {
    const out = this.#out;
    out.byte(0x5b);
    for (let i = 0; i < count; i++) {
      if (i > 0) out.byte(COMMA);
      write(i);
    }
    out.byte(0x5d);
  }

  /** What was written, when it is enough, or `all` of it; undefined else. Valid until more is written. */
  taken(all = false): Uint8Array | undefined {
    const { length, bytes } = this.#out;
    if (length === 0 || (length < CHUNK_BYTES && !all)) return undefined;
    this.#out.clear();
    return bytes.subarray(0, length);
  }
}
