import {
  GEOMETRY_DEPTH_LIMIT,
  LINE,
  MULTI_LINE,
  MULTI_POINT,
  MULTI_POLYGON,
  POINT,
  POLYGON,
  tagCodes,
  tagDimensions,
  typeCodes,
} from "./geometry-types.ts";

const head = new RegExp(`\\s*(${[...typeCodes.keys()].join("|")})\\s*(ZM|Z|M)?(?=[\\s(])`, "iy");
const number = /\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/iy;
const nextNumber = /\s+([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/iy;
const empty = /\s*EMPTY/iy;
/** All coordinates of the first point of a text. */
const firstPoint = /[+\-.\d][^,()]*/;

/**
 * Little-endian ISO WKB of a geometry's text (OGC WKT, any case): POINT, LINESTRING, POLYGON, their MULTI forms and
 * GEOMETRYCOLLECTION, each with EMPTY, Z, M and ZM; three untagged coordinates are Z. An empty point has NaN coordinates.
 * Neither rings nor topology are checked; an SRID is refused. Source: OGC 06-103r4.
 * @throws {RangeError} with the character at which the text stops making sense
 */
export function wktToWkb(text: string): Uint8Array {
  const parser = new WktParser(text);
  parser.geometry(0);
  parser.finish();
  return parser.wkb();
}

class WktParser {
  readonly #text: string;
  #at = 0;
  /** Z and M hold for a whole text, so they are known before its first header is written. */
  readonly #tag: number;
  readonly #dimensions: number;
  #out = new Uint8Array(64);
  #view = new DataView(this.#out.buffer);
  #length = 0;

  constructor(text: string) {
    this.#text = text;
    const coordinates = firstPoint.exec(text)?.[0].trim().split(/\s+/).length ?? 0;
    const tag = this.#take(head)?.[2]?.toUpperCase() ?? (coordinates === 3 ? "Z" : coordinates === 4 ? "ZM" : "");
    this.#tag = tagCodes.get(tag)!;
    this.#dimensions = tagDimensions[this.#tag];
    this.#at = 0;
  }

  wkb(): Uint8Array {
    return this.#out.slice(0, this.#length);
  }

  finish(): void {
    if (this.#text.slice(this.#at).trim() !== "") this.#fail("the end");
  }

  geometry(depth: number): void {
    if (depth > GEOMETRY_DEPTH_LIMIT)
      throw new RangeError(`geometry collections are nested deeper than ${GEOMETRY_DEPTH_LIMIT} levels`);
    const match = this.#take(head) ?? this.#fail("a geometry type");
    const tag = match[2] && tagCodes.get(match[2].toUpperCase());
    if (tag !== undefined && tag !== this.#tag) this.#fail("the Z and M of the first point");
    const type = typeCodes.get(match[1].toUpperCase())!;
    this.#header(type);
    this.#body(type, depth);
  }

  #body(type: number, depth: number): void {
    const members = (memberType: number, member: () => void) =>
      this.#list(() => {
        this.#header(memberType);
        member();
      });
    if (type === POINT) this.#pointBody();
    else if (type === LINE) this.#line();
    else if (type === POLYGON) this.#polygon();
    else if (type === MULTI_POINT) members(POINT, () => this.#memberPoint());
    else if (type === MULTI_LINE) members(LINE, () => this.#line());
    else if (type === MULTI_POLYGON) members(POLYGON, () => this.#polygon());
    else this.#list(() => this.geometry(depth + 1));
  }

  #pointBody(): void {
    if (this.#take(empty)) {
      for (let i = 0; i < this.#dimensions; i++) this.#float64(Number.NaN);
    } else {
      this.#expect("(");
      this.#point();
      this.#expect(")");
    }
  }

  /** Of a MULTIPOINT: with or without brackets. */
  #memberPoint(): void {
    if (/^\s*[+\-.\d]/.test(this.#text.slice(this.#at, this.#at + 100))) this.#point();
    else this.#pointBody();
  }

  #line(): void {
    this.#list(() => this.#point());
  }

  #polygon(): void {
    this.#list(() => this.#line());
  }

  #point(): void {
    for (let i = 0; i < this.#dimensions; i++) {
      const value = Number((this.#take(i === 0 ? number : nextNumber) ?? this.#fail("a number"))[1]);
      if (!Number.isFinite(value)) this.#fail("a finite number");
      this.#float64(value);
    }
  }

  /** A count, then the items between brackets; none for EMPTY. */
  #list(item: () => void): void {
    const countAt = this.#length;
    this.#uint32(0);
    if (this.#take(empty)) return;
    this.#expect("(");
    let count = 0;
    do {
      item();
      count++;
    } while (this.#accept(","));
    this.#expect(")");
    this.#view.setUint32(countAt, count, true);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  #accept(mark: string): boolean {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) this.#fail(`'${mark}'`);
  }

  #fail(expected: string): never {
    const found = this.#text.slice(this.#at, this.#at + 20);
    throw new RangeError(
      `malformed WKT: expected ${expected} at character ${this.#at}, found ${found ? `'${found}'` : "the end"}`,
    );
  }

  #header(type: number): void {
    this.#reserve(5);
    this.#out[this.#length++] = 1; // Little-endian.
    this.#uint32(this.#tag * 1000 + type);
  }

  #uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = new Uint8Array(this.#out.length * 2);
    larger.set(this.#out);
    this.#out = larger;
    this.#view = new DataView(larger.buffer);
  }
}
