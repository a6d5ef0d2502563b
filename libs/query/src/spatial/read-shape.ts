import { orientation } from "./orientation.ts";
import { SegmentTree } from "./segment-tree.ts";
import { LINE_OWNER, POINT_OWNER, pointKey, type Ring, type Shape } from "./shape.ts";

const [POINT, LINE, POLYGON, COLLECTION] = [1, 2, 3, 7];
const POINT_BYTES = 16;

/** @param wkb in the form that is stored: little-endian, in two dimensions, checked */
export function shapeOf(wkb: Uint8Array): Shape {
  const reader = new ShapeReader(wkb);
  reader.geometry();
  return reader.shape();
}

class ShapeReader {
  readonly #view: DataView;
  readonly #edges: Float64Array;
  readonly #owners: Int32Array;
  readonly #starts: Uint8Array;
  readonly #leftInside: Uint8Array;
  readonly #ends = new Map<string, number>();
  #at = 0;
  #count = 0;
  #polygons = 0;
  #elements = 0;
  readonly #rings: Ring[] = [];
  #isSound = true;
  #hasLines = false;
  #hasPoints = false;
  #isCollection = false;

  constructor(wkb: Uint8Array) {
    this.#view = new DataView(wkb.buffer, wkb.byteOffset, wkb.byteLength);
    const most = Math.floor(wkb.length / POINT_BYTES);
    this.#edges = new Float64Array(4 * most);
    this.#owners = new Int32Array(most);
    this.#starts = new Uint8Array(most);
    this.#leftInside = new Uint8Array(most);
  }

  shape(): Shape {
    const edges = this.#edges.subarray(0, 4 * this.#count);
    const lines = [...this.#ends].filter(([, count]) => count % 2 === 1);
    return {
      edges,
      count: this.#count,
      owners: this.#owners,
      starts: this.#starts,
      leftInside: this.#leftInside,
      lineEnds: new Set(lines.map(([key]) => key)),
      polygons: this.#polygons,
      rings: this.#rings,
      isSound: this.#isSound,
      isMixed: this.#isCollection && this.#polygons > 0 && (this.#polygons > 1 || this.#hasLines),
      dimension: this.#polygons > 0 ? 2 : this.#hasLines ? 1 : this.#hasPoints ? 0 : -1,
      tree: new SegmentTree(edges),
    };
  }

  geometry(isMember = false): void {
    this.#at++;
    const type = this.#uint32();
    if (!isMember) this.#elements++;
    if (type === POINT) this.#point();
    else if (type === LINE) this.#line();
    else if (type === POLYGON) this.#polygon();
    else {
      this.#isCollection ||= type === COLLECTION;
      for (let left = this.#uint32(); left > 0; left--) this.geometry(type < COLLECTION);
    }
  }

  #uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #x(point: number): number {
    return this.#view.getFloat64(this.#at + point * POINT_BYTES, true) + 0; // -0 + 0 is 0.
  }

  #y(point: number): number {
    return this.#view.getFloat64(this.#at + point * POINT_BYTES + 8, true) + 0;
  }

  /** An empty one has coordinates that are no numbers. */
  #point(): void {
    if (!Number.isNaN(this.#x(0))) this.#addPoint();
    this.#at += POINT_BYTES;
  }

  #addPoint(): void {
    this.#hasPoints = true;
    this.#starts[this.#count] = 1;
    this.#add(this.#x(0), this.#y(0), this.#x(0), this.#y(0), POINT_OWNER);
  }

  #line(): void {
    const points = this.#uint32();
    const first = this.#count;
    this.#path(points, LINE_OWNER);
    if (this.#count > first) {
      this.#hasLines = true;
      this.#end(this.#edges[4 * first], this.#edges[4 * first + 1]);
      this.#end(this.#edges[4 * this.#count - 2], this.#edges[4 * this.#count - 1]);
    } else if (points > 0) {
      this.#isSound = false;
      this.#addPoint();
    }
    this.#at += POINT_BYTES * points;
  }

  #end(x: number, y: number): void {
    const key = pointKey(x, y);
    this.#ends.set(key, (this.#ends.get(key) ?? 0) + 1);
  }

  #polygon(): void {
    const [rings, first] = [this.#uint32(), this.#count];
    for (let ring = 0; ring < rings; ring++) this.#ring(ring === 0);
    if (this.#count > first) this.#polygons++;
  }

  #ring(isShell: boolean): void {
    const [points, first] = [this.#uint32(), this.#count];
    this.#path(points, this.#polygons);
    const last = points - 1;
    const isOpen = points > 0 && (this.#x(0) !== this.#x(last) || this.#y(0) !== this.#y(last));
    if (isOpen) this.#add(this.#x(last), this.#y(last), this.#x(0), this.#y(0), this.#polygons);
    const [polygon, element, end] = [this.#polygons, this.#elements, this.#count];
    if (isOpen || end - first < 3) this.#isSound &&= points === 0 && isShell;
    if (end > first) this.#rings.push({ polygon, element, isHole: !isShell, first, end });
    const leftInside = isCounterClockwise(this.#edges, first, this.#count) === isShell ? 1 : 0;
    this.#leftInside.fill(leftInside, first, this.#count);
    this.#at += POINT_BYTES * points;
  }

  /** Points that repeat the one before are passed over. */
  #path(points: number, owner: number): void {
    this.#starts[this.#count] = 1;
    if (points === 0) return;
    let [x, y] = [this.#x(0), this.#y(0)];
    for (let i = 1; i < points; i++) {
      const [nextX, nextY] = [this.#x(i), this.#y(i)];
      if (nextX !== x || nextY !== y) this.#add(x, y, nextX, nextY, owner);
      x = nextX;
      y = nextY;
    }
  }

  #add(ax: number, ay: number, bx: number, by: number, owner: number): void {
    const at = 4 * this.#count;
    this.#edges[at] = ax;
    this.#edges[at + 1] = ay;
    this.#edges[at + 2] = bx;
    this.#edges[at + 3] = by;
    this.#owners[this.#count++] = owner;
  }
}

/** By the turn at the lowest of its points, the rightmost of these. */
function isCounterClockwise(edges: Float64Array, first: number, end: number): boolean {
  let lowest = first;
  for (let i = first; i < end; i++) {
    const [x, y] = [edges[4 * i], edges[4 * i + 1]];
    const [bestX, bestY] = [edges[4 * lowest], edges[4 * lowest + 1]];
    if (y < bestY || (y === bestY && x > bestX)) lowest = i;
  }
  const before = 4 * (lowest === first ? end - 1 : lowest - 1);
  const at = 4 * lowest;
  return orientation(edges[before], edges[before + 1], edges[at], edges[at + 1], edges[at + 2], edges[at + 3]) > 0;
}
