/**
 * Canonical form of a geometry, so that equal ones have equal bytes: numbers without -0, lines in the smaller of their two
 * directions, rings from their smallest point, holes and members sorted. Input and output: WKB, little-endian, 2D, as stored.
 * Differences beyond that, such as points in the middle of a straight line, remain differences.
 * @throws RangeError for bytes that are no such WKB
 */
export function canonicalGeometry(wkb: Uint8Array): Uint8Array {
  const reader = new WkbReader(wkb);
  const canonical = reader.geometry(0);
  if (reader.at !== wkb.length) throw new RangeError(`${wkb.length - reader.at} bytes behind the geometry`);
  return canonical;
}

const WkbType = {
  Point: 1,
  LineString: 2,
  Polygon: 3,
  MultiPoint: 4,
  MultiLineString: 5,
  MultiPolygon: 6,
  Collection: 7,
} as const;
const POINT_BYTES = 16;
const MAX_DEPTH = 64;
const MAX_STARTS = 16;

class WkbReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  geometry(depth: number): Buffer {
    if (depth > MAX_DEPTH) throw new RangeError("geometry collections are nested too deeply");
    if (this.#bytes[this.at] !== 1) throw new RangeError("not a little-endian geometry");
    this.at++;
    const type = this.#uint32();
    return Buffer.concat([Buffer.of(1), uint32(type), this.#body(type, depth)]);
  }

  #body(type: number, depth: number): Buffer {
    switch (type) {
      case WkbType.Point:
        return this.#point();
      case WkbType.LineString:
        return joined(canonicalLine(this.#points()));
      case WkbType.Polygon:
        return this.#polygon();
      case WkbType.MultiPoint:
      case WkbType.MultiLineString:
      case WkbType.MultiPolygon:
      case WkbType.Collection:
        return joined(this.#many(() => this.geometry(depth + 1)).sort(Buffer.compare));
      default:
        throw new RangeError(`unknown geometry type ${type}`);
    }
  }

  #polygon(): Buffer {
    const [shell, ...holes] = this.#many(() => joined(canonicalRing(this.#points())));
    return shell ? joined([shell, ...holes.sort(Buffer.compare)]) : joined([]);
  }

  #points(): Buffer[] {
    return this.#many(() => this.#point());
  }

  #many<T>(read: () => T): T[] {
    const count = this.#uint32();
    // Everything countable takes more than four bytes, so a larger count is a lie and must not cost memory.
    if (count > (this.#bytes.length - this.at) / 4) throw new RangeError("geometry is cut short");
    return Array.from({ length: count }, read);
  }

  #point(): Buffer {
    if (this.at + POINT_BYTES > this.#bytes.length) throw new RangeError("geometry is cut short");
    const point = Buffer.alloc(POINT_BYTES);
    for (const half of [0, 8]) point.writeDoubleLE(this.#view.getFloat64(this.at + half, true) + 0, half); // -0 + 0 is 0.
    this.at += POINT_BYTES;
    return point;
  }

  #uint32(): number {
    if (this.at + 4 > this.#bytes.length) throw new RangeError("geometry is cut short");
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function joined(parts: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(parts.length), ...parts]);
}

function canonicalLine(points: readonly Buffer[]): Buffer[] {
  const closed = points.length > 2 && points[0].equals(points.at(-1)!);
  return closed ? canonicalRing(points) : smaller([...points], [...points].reverse());
}

/** A ring repeats its first point at the end. */
function canonicalRing(points: readonly Buffer[]): Buffer[] {
  if (points.length < 2) return [...points];
  const open = points.slice(0, -1);
  const smallest = open.reduce((best, point) => (Buffer.compare(point, best) < 0 ? point : best));
  // A point may be passed twice; then each of its places is a possible start. A ring with many such is degenerate.
  const starts = open.flatMap((point, index) => (point.equals(smallest) ? [index] : [])).slice(0, MAX_STARTS);
  const turns = starts.flatMap((start) => {
    const forward = [...open.slice(start), ...open.slice(0, start)];
    return [forward, [forward[0], ...forward.slice(1).reverse()]];
  });
  const best = turns.reduce(smaller);
  return [...best, best[0]];
}

function smaller(a: Buffer[], b: Buffer[]): Buffer[] {
  return Buffer.compare(Buffer.concat(a), Buffer.concat(b)) <= 0 ? a : b;
}
