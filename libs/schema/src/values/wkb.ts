import { GEOMETRY_DEPTH_LIMIT, LINE, POINT, POLYGON, tagDimensions, tagNames, typeNames } from "./geometry-types.ts";

/**
 * The text of a geometry: upper case, a blank before `(`, `, ` between points, shortest decimals without exponent, such as
 * `POLYGON ((30 10, 40 40, 20 40, 30 10))`, `MULTIPOINT ((1 1), (2 2))`, `POINT EMPTY`. Both byte orders are read.
 * @throws {RangeError} when the bytes are no ISO WKB
 */
export function wkbToWkt(wkb: Uint8Array): string {
  const reader = new WkbReader(wkb);
  const text = reader.geometry(0);
  reader.finish();
  return text;
}

class WkbReader {
  readonly #view: DataView;
  #at = 0;
  #littleEndian = true;

  constructor(wkb: Uint8Array) {
    this.#view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  }

  finish(): void {
    if (this.#at < this.#view.byteLength) throw malformed(`${this.#view.byteLength - this.#at} bytes too many`);
  }

  geometry(depth: number): string {
    const { name, type, tag } = this.#header(depth);
    const body = this.#body(type, tag, depth);
    return `${name}${tag === 0 ? "" : ` ${tagNames[tag]}`} ${body}`;
  }

  #header(depth: number): { name: string; type: number; tag: number } {
    if (depth > GEOMETRY_DEPTH_LIMIT) throw malformed(`nested deeper than ${GEOMETRY_DEPTH_LIMIT} levels`);
    const order = this.#view.getUint8(this.#take(1));
    if (order > 1) throw malformed(`byte order ${order}`);
    this.#littleEndian = order === 1;
    const code = this.#uint32();
    const name = typeNames.get(code % 1000);
    if (name === undefined || code >= 4000) throw malformed(`geometry type ${code}`);
    return { name, type: code % 1000, tag: Math.floor(code / 1000) };
  }

  #body(type: number, tag: number, depth: number): string {
    const dimensions = tagDimensions[tag];
    if (type === POINT) {
      const text = this.#point(dimensions);
      return text === undefined ? "EMPTY" : `(${text})`;
    }
    if (type === LINE) return this.#line(dimensions);
    if (type === POLYGON) return this.#list(4, () => this.#line(dimensions));
    if (type === 7) return this.#list(5, () => this.geometry(depth + 1));
    return this.#list(5, () => {
      const member = this.#header(depth + 1);
      if (member.type !== type - 3) throw malformed(`${member.name} in ${typeNames.get(type)}`);
      return this.#body(member.type, member.tag, depth + 1);
    });
  }

  #line(dimensions: number): string {
    return this.#list(dimensions * 8, () => this.#point(dimensions) ?? "NaN NaN");
  }

  /** A count and the items, each at least `itemBytes` long. */
  #list(itemBytes: number, item: () => string): string {
    const count = this.#uint32();
    if (count * itemBytes > this.#view.byteLength - this.#at) throw malformed("cut short");
    if (count === 0) return "EMPTY";
    return `(${Array.from({ length: count }, item).join(", ")})`;
  }

  /** Undefined for a point without coordinates. */
  #point(dimensions: number): string | undefined {
    const values = Array.from({ length: dimensions }, () => this.#view.getFloat64(this.#take(8), this.#littleEndian));
    return values.every(Number.isNaN) ? undefined : values.map(plainDecimal).join(" ");
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), this.#littleEndian);
  }

  #take(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#view.byteLength) throw malformed("cut short");
    this.#at = start + bytes;
    return start;
  }
}

/** The shortest decimal that reads back as the same double, never with an exponent. */
export function plainDecimal(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, first, rest = "", power] = match;
  const exponent = Number(power);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest}${"0".repeat(exponent - rest.length)}`;
}

function malformed(detail: string): RangeError {
  return new RangeError(`malformed WKB: ${detail}`);
}
