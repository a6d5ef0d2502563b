import { Location, Locator, type Sides } from "./locator.ts";
import { type Along, Cuts, EDGES_A_TURN, type NodedShape, Noder } from "./noding.ts";
import { compareCoordinate, comparePoints, GivenPoint, Middle, type PlanePoint } from "./plane-point.ts";
import { LINE_OWNER, POINT_OWNER, pointKey, type Shape } from "./shape.ts";
import { isValidShape } from "./valid.ts";

// The dimensionally extended nine-intersection model (DE-9IM): what the interiors, boundaries and exteriors of two geometries have in
// common. Source: OGC 06-103r4, 6.1.15. Each edge is cut where it meets the other geometry, and those of its own where these may cross or
// overlap; then a piece lies as a whole where its middle lies, and each area has such pieces around it. Nothing is rounded on the way.

/** What a part of one geometry has in common with a part of the other: -1 nothing, 0 points, 1 lines, 2 areas. */
export class Matrix {
  readonly #dimensions = new Int8Array(9).fill(-1);

  /** Has them `dimension` at least in common. */
  raise(a: Location, b: Location, dimension: number): void {
    const at = 3 * a + b;
    if (this.#dimensions[at] < dimension) this.#dimensions[at] = dimension;
  }

  /** The greatest dimension that was found, -1 where nothing was. */
  at(a: Location, b: Location): number {
    return this.#dimensions[3 * a + b];
  }
}

interface Side extends NodedShape {
  readonly locator: Locator;
  /** Of edges of a geometry whose parts or rings may meet, those of its own that run along them. */
  readonly alongOwn: Along;
  /** Whether edges are cut where they meet others of their own geometry. */
  isCutItself: boolean;
}

function sideFor(shape: Shape): Side {
  return {
    shape,
    cuts: new Cuts(shape),
    along: new Map(),
    alongOwn: new Map(),
    locator: new Locator(shape),
    isCutItself: false,
  };
}

/** What of a geometry is looked for in the other one: what it consists of, points and ends of lines alone, or nothing. */
export type Parts = "all" | "points" | "none";

/**
 * Fills the matrix of two geometries, and yields when others may have their turn: who asks may stop as soon as it says enough.
 * Rows and columns of what is not looked for may miss something.
 * @throws {StatusError} 1100 when they meet in too many points
 */
export function* relate(
  a: Shape,
  b: Shape,
  matrix: Matrix,
  [ofA, ofB]: readonly [Parts, Parts] = ["all", "all"],
): Generator<undefined, void> {
  const [one, two] = [sideFor(a), sideFor(b)];
  const place = ({ point, edges: [edge, other] }: Placed) =>
    matrix.raise(one.locator.locate(point, edge), two.locator.locate(point, other), 0);
  matrix.raise(Location.exterior, Location.exterior, 2);
  if (ofA !== "none") yield* placeEach(loosePoints(a), place);
  if (ofB !== "none") yield* placeEach(loosePoints(b), place);
  yield* placeEach(new Noder(one, two).nodes(), place);
  if (ofA === "all") yield* placePieces(one, two, (own, other, dimension) => matrix.raise(own, other, dimension));
  if (ofB === "all") yield* placePieces(two, one, (own, other, dimension) => matrix.raise(other, own, dimension));
}

function* placeEach(points: Iterable<Placed | undefined>, place: (point: Placed) => void): Generator<undefined, void> {
  for (const point of points) {
    if (point) place(point);
    yield;
  }
}

/** A point, and of each geometry an edge that it lies on, where one is known. */
interface Placed {
  readonly point: PlanePoint;
  readonly edges: readonly [number?, number?];
}

/** Points, and ends of lines, which may lie anywhere. */
function* loosePoints({ edges, owners, starts, count, lineEnds }: Shape): Generator<Placed | undefined> {
  const isEnd = (at: number) => lineEnds.has(pointKey(edges[at], edges[at + 1]));
  for (let edge = 0, at = 0; edge < count; edge++, at += 4) {
    if (edge % EDGES_A_TURN === 0) yield undefined;
    if (owners[edge] >= 0) continue;
    const isLast = edge + 1 === count || starts[edge + 1] === 1;
    if (owners[edge] === POINT_OWNER || (starts[edge] === 1 && isEnd(at))) yield placed(edges[at], edges[at + 1]);
    if (owners[edge] === LINE_OWNER && isLast && isEnd(at + 2)) yield placed(edges[at + 2], edges[at + 3]);
  }
}

function placed(x: number, y: number): Placed {
  return { point: new GivenPoint(x, y), edges: [] };
}

/** Whether a border of the geometry may have its inside, or none of it, on both sides, or on one here and on the other there. */
function* isEntangled(shape: Shape): Generator<undefined, boolean> {
  if (shape.isMixed) return true;
  if (shape.polygons === 0) return false;
  const isValid = validShapes.get(shape) ?? (yield* isValidShape(shape));
  validShapes.set(shape, isValid);
  return !isValid;
}

/** One geometry is asked about for many rows. */
const validShapes = new WeakMap<Shape, boolean>();

function* cutItself(side: Side): Generator<undefined, void> {
  const own = { shape: side.shape, cuts: side.cuts, along: side.alongOwn };
  for (const _ of new Noder(own, own).nodes()) yield;
  side.isCutItself = true;
}

type Raise = (own: Location, other: Location, dimension: number) => void;

/** Says of each piece of an edge where it lies, and of a border also what is beside it. */
function* placePieces(own: Side, other: Side, raise: Raise): Generator<undefined, void> {
  const { shape, cuts } = own;
  if (yield* isEntangled(shape)) yield* cutItself(own);
  let isKnown = false;
  for (let edge = 0; edge < shape.count; edge++) {
    if (edge % EDGES_A_TURN === 0) yield;
    if (shape.owners[edge] === POINT_OWNER) continue;
    if (shape.starts[edge] === 1 || cuts.touched[edge] === 1) isKnown = false;
    const points = isKnown && !cuts.within.has(edge) ? [] : pointsAlong(shape.edges, 4 * edge, cuts.within.get(edge));
    for (let i = 1; i < points.length; i++) {
      if (!isKnown || i > 1) placePiece(own, other, edge, new Middle(points[i - 1], points[i]), raise);
      yield;
    }
    isKnown = true;
  }
}

/** The start of an edge, the points within, in their order and each once, and its end. */
function pointsAlong(edges: Float64Array, at: number, within: readonly PlanePoint[] = []): PlanePoint[] {
  const [ax, ay, bx, by] = edges.subarray(at, at + 4);
  const axis = Math.abs(bx - ax) >= Math.abs(by - ay) ? "x" : "y";
  const sign = (axis === "x" ? bx > ax : by > ay) ? 1 : -1;
  const sorted = [...within].sort((a, b) => sign * comparePoints(a, b, axis));
  const single = sorted.filter((point, i) => i === 0 || comparePoints(point, sorted[i - 1], axis) !== 0);
  return [new GivenPoint(ax, ay), ...single, new GivenPoint(bx, by)];
}

function placePiece(own: Side, other: Side, edge: number, middle: PlanePoint, raise: Raise): void {
  const beside = sidesIn(other, own, edge, middle, other.shape === own.shape ? [] : (own.along.get(edge) ?? []));
  const itself = ownSides(own, edge, middle);
  raise(itself.location, beside.location, 1);
  if (own.shape.owners[edge] < 0) return;
  raise(areaAt(itself.left), areaAt(beside.left), 2);
  raise(areaAt(itself.right), areaAt(beside.right), 2);
}

function areaAt(isInside: boolean): Location {
  return isInside ? Location.interior : Location.exterior;
}

function ownSides(own: Side, edge: number, middle: PlanePoint): Sides {
  const { shape, alongOwn } = own;
  if (own.isCutItself) return sidesIn(own, own, edge, middle, [edge, ...(alongOwn.get(edge) ?? [])]);
  const isBorder = shape.owners[edge] >= 0;
  const left = shape.leftInside[edge] === 1;
  return { left, right: !left, location: isBorder ? Location.boundary : Location.interior };
}

/** @param along edges that run along the whole edge or a part of it */
function sidesIn(side: Side, own: Side, edge: number, middle: PlanePoint, along: readonly number[]): Sides {
  const here = along.filter((one) => isWithin(side.shape.edges, 4 * one, middle));
  return side.locator.sides(middle, own.shape.edges, 4 * edge, here);
}

/** Whether a point on the line of an edge is on the edge. */
function isWithin(edges: Float64Array, at: number, point: PlanePoint): boolean {
  const axis = Math.abs(edges[at + 2] - edges[at]) >= Math.abs(edges[at + 3] - edges[at + 1]) ? "x" : "y";
  const offset = axis === "x" ? 0 : 1;
  const start = compareCoordinate(point, axis, edges[at + offset]);
  return start * compareCoordinate(point, axis, edges[at + 2 + offset]) <= 0;
}
