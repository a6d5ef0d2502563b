// How far a stored geometry is from a point, in metres: WKB, little-endian, 2D, longitude and latitude in degrees. Source: query-and-search §2.10.

const [POINT, LINE, POLYGON] = [1, 2, 3];
const EARTH_METRES = 6_371_000;
const METRES_OF_DEGREE = 111_320;
const POINT_BYTES = 16;

/** A place on the earth, in degrees. */
export interface Place {
  readonly longitude: number;
  readonly latitude: number;
}

/** The place of a point; undefined for another geometry, and for an empty one. */
export function placeOfPoint(wkb: Uint8Array): Place | undefined {
  const view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
  if (view.getUint32(1, true) !== POINT) return undefined;
  const [longitude, latitude] = [view.getFloat64(5, true), view.getFloat64(13, true)];
  return Number.isNaN(longitude) ? undefined : { longitude, latitude };
}

/** Points by the great circle; other geometries in the plane of degrees, whose mean length at that latitude counts. Empty ones are infinitely far. */
export function metresFrom({ longitude, latitude }: Place, wkb: Uint8Array): number {
  const own = placeOfPoint(wkb);
  if (own) return greatCircle({ longitude, latitude }, own);
  const reader = new DistanceReader(wkb, longitude, latitude);
  reader.geometry();
  const cosine = Math.cos(radians(latitude));
  return Math.sqrt(reader.least) * METRES_OF_DEGREE * Math.sqrt((1 + cosine * cosine) / 2);
}

function greatCircle(a: Place, b: Place): number {
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)];
  const north = Math.sin((latB - latA) / 2);
  const east = Math.sin(radians(b.longitude - a.longitude) / 2);
  const chord = north * north + Math.cos(latA) * Math.cos(latB) * east * east;
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** Finds the least squared distance of a geometry from a point, in its own units. */
class DistanceReader {
  least = Number.POSITIVE_INFINITY;
  readonly #view: DataView;
  readonly #x: number;
  readonly #y: number;
  #at = 0;

  constructor(wkb: Uint8Array, x: number, y: number) {
    this.#view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
    this.#x = x;
    this.#y = y;
  }

  geometry(): void {
    this.#at++;
    const type = this.#count();
    if (type === POINT) this.#line(1);
    else if (type === LINE) this.#line(this.#count());
    else if (type === POLYGON) this.#polygon();
    else for (let left = this.#count(); left > 0; left--) this.geometry();
  }

  #count(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** A point within an odd number of rings is in the polygon: within its shell and none of its holes. */
  #polygon(): void {
    let crossings = 0;
    for (let left = this.#count(); left > 0; left--) crossings += this.#line(this.#count());
    if (crossings % 2 === 1) this.least = 0;
  }

  /** @returns how often a ray from the point to the east crosses it */
  #line(count: number): number {
    let crossings = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#at + POINT_BYTES * i;
      const [x, y] = [this.#view.getFloat64(at, true) - this.#x, this.#view.getFloat64(at + 8, true) - this.#y];
      if (i === 0) this.#meet(x, y);
      else crossings += this.#segment(at - POINT_BYTES, x, y);
    }
    this.#at += POINT_BYTES * count;
    return crossings;
  }

  /** From the point at `from` to (x, y), counted from the point that is asked for. */
  #segment(from: number, x: number, y: number): 0 | 1 {
    const [x0, y0] = [this.#view.getFloat64(from, true) - this.#x, this.#view.getFloat64(from + 8, true) - this.#y];
    const [dx, dy] = [x - x0, y - y0];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(x0 * dx + y0 * dy) / length));
    this.#meet(x0 + along * dx, y0 + along * dy);
    const isCrossed = y0 > 0 !== y > 0 && x0 - (y0 * dx) / dy > 0;
    return isCrossed ? 1 : 0;
  }

  /** Coordinates of an empty point are no numbers, and nearer than nothing. */
  #meet(x: number, y: number): void {
    const square = x * x + y * y;
    if (square < this.least) this.least = square;
  }
}
