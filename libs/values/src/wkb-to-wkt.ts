// OGC well-known binary, of either byte order, as well-known text in two dimensions. Source: OGC 06-103r4; the written form:
// around-import §6.

import { GEOMETRY_TYPES, MAX_DEPTH } from "./wkt.ts";

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
    const name = GEOMETRY_TYPES[code - 1];
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
