import { MAX_WKB_BYTES } from "./wkb-writer.ts";

// Well-known binary as others write it: of both byte orders, in two dimensions. Source: OGC 06-103r4, 8.2.

/** The flags of PostGIS's extension (EWKB) in the type: more coordinates, and a reference system in front. */
const EWKB = { z: 0x80000000, m: 0x40000000, srid: 0x20000000 };
/** ISO says by thousands in the type what further coordinates a point has. */
const ISO_Z = 1000;
const MAX_DEPTH = 64;
const POINT_BYTES = 16;
const [POINT, LINE, POLYGON, FIRST_MULTI, COLLECTION] = [1, 2, 3, 4, 7];
const kinds = ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];

/** Could the bytes be well-known binary? Its first byte is the byte order, which no text begins with. */
export function looksLikeWkb(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0] <= 1;
}

/**
 * The geometry in the form that is stored: little-endian throughout. Every count and type is checked, so that who reads it
 * later need not be careful.
 * @throws {RangeError} for bytes that are no such geometry, and for what is lost in two dimensions
 */
export function normalWkb(wkb: Uint8Array): Uint8Array {
  if (wkb.length > MAX_WKB_BYTES) throw new RangeError(`a geometry takes more than ${MAX_WKB_BYTES} bytes`);
  const copy = new WkbCopy(wkb);
  copy.geometry(0, undefined);
  if (copy.at < wkb.length) throw invalid(`${wkb.length - copy.at} bytes behind the geometry`);
  return copy.out;
}

/** Nothing grows or moves: each byte of the result stands where the source has its own. */
class WkbCopy {
  at = 0;
  readonly out: Uint8Array;
  readonly #source: DataView;
  readonly #target: DataView;
  #isLittle = true;

  constructor(wkb: Uint8Array) {
    this.out = new Uint8Array(wkb.length);
    this.#source = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
    this.#target = new DataView(this.out.buffer);
  }

  /** @param kind that a member must have */
  geometry(depth: number, kind: number | undefined): void {
    if (depth > MAX_DEPTH) throw invalid(`more than ${MAX_DEPTH} nested collections`);
    this.#byteOrder();
    const type = this.#uint32();
    checkType(type);
    if (kind !== undefined && type !== kind) throw invalid(`a ${kinds[type - 1]} in a Multi${kinds[kind - 1]}`);
    if (type === POINT) this.#point();
    else if (type === LINE) this.#points(this.#count(POINT_BYTES));
    else if (type === POLYGON) this.#rings();
    else this.#members(depth + 1, type < COLLECTION ? type - FIRST_MULTI + 1 : undefined);
  }

  #byteOrder(): void {
    this.#need(1);
    const order = this.#source.getUint8(this.at);
    if (order > 1) throw invalid(`byte order ${order}, expected 0 or 1`);
    this.#isLittle = order === 1;
    this.#target.setUint8(this.at++, 1);
  }

  /** One without coordinates has such that are no numbers. */
  #point(): void {
    this.#points(1, true);
  }

  #rings(): void {
    for (let left = this.#count(4); left > 0; left--) this.#points(this.#count(POINT_BYTES));
  }

  #members(depth: number, kind: number | undefined): void {
    for (let left = this.#count(5); left > 0; left--) this.geometry(depth, kind);
  }

  #points(count: number, mayBeEmpty = false): void {
    this.#need(count * POINT_BYTES);
    const start = this.at;
    let areFinite = true;
    for (let i = 0; i < 2 * count; i++, this.at += 8) {
      const value = this.#source.getFloat64(this.at, this.#isLittle);
      this.#target.setFloat64(this.at, value, true);
      areFinite &&= Number.isFinite(value);
    }
    const isEmpty = () =>
      mayBeEmpty && [0, 8].every((half) => Number.isNaN(this.#target.getFloat64(start + half, true)));
    if (!areFinite && !isEmpty()) throw invalid("a coordinate is NaN or infinity");
  }

  /** @param itemBytes least size of what is counted */
  #count(itemBytes: number): number {
    const count = this.#uint32();
    this.#need(count * itemBytes);
    return count;
  }

  #uint32(): number {
    this.#need(4);
    const value = this.#source.getUint32(this.at, this.#isLittle);
    this.#target.setUint32(this.at, value, true);
    this.at += 4;
    return value;
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.out.length) throw invalid(`it is cut short: ${this.out.length} bytes`);
  }
}

function checkType(type: number): void {
  if (type >= POINT && type <= COLLECTION) return;
  if ((type & EWKB.srid) !== 0) throw invalid("it names a reference system (EWKB): write it with ST_AsBinary");
  const isDeep = ((type & (EWKB.z | EWKB.m)) !== 0 && (type & 0xff) <= COLLECTION) || isIsoDeep(type);
  if (isDeep) throw invalid("it has more than two dimensions: write it with ST_Force2D");
  throw invalid(`unknown geometry type ${type}`);
}

function isIsoDeep(type: number): boolean {
  return type > ISO_Z && type < 4 * ISO_Z && type % ISO_Z >= POINT && type % ISO_Z <= COLLECTION;
}

function invalid(reason: string): RangeError {
  return new RangeError(`not well-known binary: ${reason}`);
}
