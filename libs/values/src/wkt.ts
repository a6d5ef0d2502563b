// OGC well-known text, in two dimensions, to and from well-known binary, little-endian. Source: OGC 06-103r4; the accepted
// and the written form: around-import §6. Topology is not checked.

const typeCodes: Readonly<Record<string, number>> = {
  POINT: 1,
  LINESTRING: 2,
  POLYGON: 3,
  MULTIPOINT: 4,
  MULTILINESTRING: 5,
  MULTIPOLYGON: 6,
  GEOMETRYCOLLECTION: 7,
};
const typeNames = Object.keys(typeCodes);
/** Deepest nesting of collections. */
const MAX_DEPTH = 64;

/** @throws {RangeError} with the place of the first character that does not fit */
export function wktToWkb(text: string): Uint8Array {
  const parser = new WktParser(text);
  const out = new WkbWriter();
  parser.geometry(out, 0);
  parser.end();
  return out.bytes();
}

/** Greatest geometry: a million points. Its text may claim four times as many bytes as it has itself. */
export const MAX_WKB_BYTES = 16 << 20;

/** Well-known binary, in memory that doubles up to the limit. */
class WkbWriter {
  length = 0;
  #view = new DataView(new ArrayBuffer(256));

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.length));
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.length++, value);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#view.byteLength) return;
    if (this.length + bytes > MAX_WKB_BYTES) throw new RangeError(`a geometry takes more than ${MAX_WKB_BYTES} bytes`);
    const grown = new Uint8Array(2 * this.#view.byteLength);
    grown.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(grown.buffer);
  }
}

const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const letters = /[A-Za-z]+/y;

class WktParser {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  geometry(out: WkbWriter, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error("fewer nested collections");
    const name = this.#word();
    const code = Object.hasOwn(typeCodes, name) ? typeCodes[name] : undefined;
    if (code === undefined) throw this.#error(`one of ${typeNames.join(", ")}`);
    this.#header(out, code);
    if (this.#takeWord("EMPTY")) this.#empty(out, code);
    else if (code === 1) this.#inBrackets(() => this.#point(out));
    else if (code === 2) this.#list(out, () => this.#point(out));
    else if (code === 3) this.#polygon(out);
    else if (code === 7) this.#list(out, () => this.geometry(out, depth + 1));
    else this.#list(out, () => this.#member(out, code - 3));
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#error("the end");
  }

  #header(out: WkbWriter, code: number): void {
    out.uint8(1);
    out.uint32(code);
  }

  /** An empty point has coordinates that are no numbers; an empty list has no members. */
  #empty(out: WkbWriter, code: number): void {
    if (code === 1) {
      out.double(Number.NaN);
      out.double(Number.NaN);
    } else out.uint32(0);
  }

  /** A member of a MULTI…: it repeats its header, and a point may stand without brackets. */
  #member(out: WkbWriter, code: number): void {
    this.#header(out, code);
    if (this.#takeWord("EMPTY")) this.#empty(out, code);
    else if (code === 2) this.#list(out, () => this.#point(out));
    else if (code === 3) this.#polygon(out);
    else if (this.#peek() === "(") this.#inBrackets(() => this.#point(out));
    else this.#point(out);
  }

  #polygon(out: WkbWriter): void {
    this.#list(out, () => this.#list(out, () => this.#point(out)));
  }

  #list(out: WkbWriter, item: () => void): void {
    const countAt = out.length;
    out.uint32(0);
    let count = 0;
    this.#inBrackets(() => {
      do {
        item();
        count++;
      } while (this.#take(","));
    });
    out.setUint32(countAt, count);
  }

  #inBrackets(inner: () => void): void {
    if (!this.#take("(")) throw this.#error('"("');
    inner();
    if (!this.#take(")")) throw this.#error('")"');
  }

  #point(out: WkbWriter): void {
    out.double(this.#number());
    out.double(this.#number());
  }

  #number(): number {
    this.#blanks();
    number.lastIndex = this.#at;
    const match = number.exec(this.#text);
    const value = match ? Number(match[0]) : Number.NaN;
    if (!match || !Number.isFinite(value)) throw this.#error("a number");
    this.#at = number.lastIndex;
    return value;
  }

  #word(): string {
    this.#blanks();
    letters.lastIndex = this.#at;
    const word = letters.exec(this.#text)?.[0].toUpperCase() ?? "";
    if (Object.hasOwn(typeCodes, word) || word === "EMPTY") this.#at = letters.lastIndex;
    return word;
  }

  #takeWord(word: string): boolean {
    this.#blanks();
    if (this.#text.slice(this.#at, this.#at + word.length).toUpperCase() !== word) return false;
    this.#at += word.length;
    return true;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #peek(): string {
    this.#blanks();
    return this.#text[this.#at] ?? "";
  }

  #blanks(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #error(expected: string): RangeError {
    const found = this.#at < this.#text.length ? `"${this.#text.slice(this.#at, this.#at + 10)}"` : "the end";
    return new RangeError(`not well-known text: expected ${expected} at character ${this.#at}, found ${found}`);
  }
}

/** Upper case, one blank before a bracket, `, ` between points, shortest decimals. @throws {RangeError} for other bytes */
export function wkbToWkt(wkb: Uint8Array): string {
  return new WkbReader(wkb).geometry(0, true);
}

class WkbReader {
  readonly #view: DataView;
  #at = 0;
  #isLittle = true;
  constructor(wkb: Uint8Array) {
    this.#view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  }

  geometry(depth: number, withName: boolean): string {
    if (depth > MAX_DEPTH) throw new RangeError("well-known binary: too many nested collections");
    this.#isLittle = this.#view.getUint8(this.#at++) === 1;
    const code = this.#uint32();
    const name = typeNames[code - 1];
    if (!name) throw new RangeError(`well-known binary: unknown geometry type ${code}`);
    const body = this.#body(code, depth);
    if (!withName) return body;
    return body === "EMPTY" ? `${name} EMPTY` : `${name} ${body}`;
  }

  #body(code: number, depth: number): string {
    if (code === 1) return this.#pointBody();
    if (code === 2) return this.#list(() => this.#point());
    if (code === 3) return this.#list(() => this.#list(() => this.#point()));
    return this.#list(() => this.geometry(depth + 1, code === 7));
  }

  #pointBody(): string {
    const point = this.#point();
    return point === "NaN NaN" ? "EMPTY" : `(${point})`;
  }

  #list(item: () => string): string {
    const count = this.#uint32();
    if (count === 0) return "EMPTY";
    // The smallest item, a list, takes 4 bytes: a broken count must not allocate.
    if (count * 4 > this.#view.byteLength - this.#at) throw new RangeError("well-known binary: cut short");
    return `(${Array.from({ length: count }, item).join(", ")})`;
  }

  #point(): string {
    const x = plainDecimal(this.#double());
    return `${x} ${plainDecimal(this.#double())}`;
  }

  #uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, this.#isLittle);
  }

  #double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, this.#isLittle);
  }
}

/** The shortest decimal that reads back as the same double, never with an exponent. */
function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, first, rest = "", power] = match;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest}${"0".repeat(exponent - rest.length)}`;
}
