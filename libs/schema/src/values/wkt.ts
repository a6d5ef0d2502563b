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
  const bytes: number[] = [];
  parser.geometry(bytes, 0);
  parser.end();
  return Uint8Array.from(bytes);
}

const scratch = new DataView(new ArrayBuffer(8));

function pushUint32(out: number[], value: number): void {
  out.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

function setUint32(out: number[], at: number, value: number): void {
  for (let i = 0; i < 4; i++) out[at + i] = (value >>> (8 * i)) & 255;
}

function pushDouble(out: number[], value: number): void {
  scratch.setFloat64(0, value, true);
  for (let i = 0; i < 8; i++) out.push(scratch.getUint8(i));
}

class WktParser {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  geometry(out: number[], depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error("fewer nested collections");
    const name = this.#word();
    const code = typeCodes[name];
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

  #header(out: number[], code: number): void {
    out.push(1);
    pushUint32(out, code);
  }

  /** An empty point has coordinates that are no numbers; an empty list has no members. */
  #empty(out: number[], code: number): void {
    if (code === 1) {
      pushDouble(out, Number.NaN);
      pushDouble(out, Number.NaN);
    } else pushUint32(out, 0);
  }

  /** A member of a MULTI…: it repeats its header, and a point may stand without brackets. */
  #member(out: number[], code: number): void {
    this.#header(out, code);
    if (this.#takeWord("EMPTY")) this.#empty(out, code);
    else if (code === 2) this.#list(out, () => this.#point(out));
    else if (code === 3) this.#polygon(out);
    else if (this.#peek() === "(") this.#inBrackets(() => this.#point(out));
    else this.#point(out);
  }

  #polygon(out: number[]): void {
    this.#list(out, () => this.#list(out, () => this.#point(out)));
  }

  #list(out: number[], item: () => void): void {
    const countAt = out.length;
    pushUint32(out, 0);
    let count = 0;
    this.#inBrackets(() => {
      do {
        item();
        count++;
      } while (this.#take(","));
    });
    setUint32(out, countAt, count);
  }

  #inBrackets(inner: () => void): void {
    if (!this.#take("(")) throw this.#error('"("');
    inner();
    if (!this.#take(")")) throw this.#error('")"');
  }

  #point(out: number[]): void {
    pushDouble(out, this.#number());
    pushDouble(out, this.#number());
  }

  #number(): number {
    this.#blanks();
    const pattern = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    const value = match ? Number(match[0]) : Number.NaN;
    if (!match || !Number.isFinite(value)) throw this.#error("a number");
    this.#at = pattern.lastIndex;
    return value;
  }

  #word(): string {
    this.#blanks();
    const pattern = /[A-Za-z]+/y;
    pattern.lastIndex = this.#at;
    const word = pattern.exec(this.#text)?.[0].toUpperCase() ?? "";
    if (word in typeCodes || word === "EMPTY") this.#at = pattern.lastIndex;
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
