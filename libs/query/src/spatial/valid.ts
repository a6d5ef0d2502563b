import { compareRays, Locator, raysOf } from "./locator.ts";
import { EDGES_A_TURN, MAX_NODES, tooManyNodes } from "./noding.ts";
import { orientation } from "./orientation.ts";
import { GivenPoint, Middle } from "./plane-point.ts";
import { pointKey, type Ring, type Shape } from "./shape.ts";

// Whether geometries are valid as OGC has it: rings neither cross nor run along one another and touch in single points, holes lie in their
// shells and not in one another, polygons of one MultiPolygon not in one another, and the inside of a polygon is in one piece.
// Source: OGC 06-103r4, 6.1.11 and 6.1.14.

/** What two edges have in common. */
type Meeting = "nothing" | "line" | readonly [x: number, y: number];

/** Points where rings touch, by their keys: of each ring there the edges. */
type Touches = Map<string, { readonly point: GivenPoint; readonly edges: Map<number, Set<number>> }>;

/** Yields when others may have their turn. @throws {StatusError} 1100 when rings touch in too many points */
export function* isValidShape(shape: Shape): Generator<undefined, boolean> {
  if (!shape.isSound) return false;
  const ringOf = ringsOfEdges(shape);
  const touches: Touches = new Map();
  if (!(yield* findTouches(shape, ringOf, touches))) return false;
  const rings = { ...shape, owners: ringOf, polygons: shape.rings.length };
  for (const touch of touches.values()) if (!areNested(rings, touch)) return false;
  return areConnected(shape, touches) && (yield* areInPlace(rings));
}

function ringsOfEdges({ rings, count }: Shape): Int32Array {
  const ringOf = new Int32Array(count).fill(-1);
  for (const [ring, { first, end }] of rings.entries()) ringOf.fill(ring, first, end);
  return ringOf;
}

/** @returns false when edges of one element meet as those of valid rings do not */
function* findTouches(shape: Shape, ringOf: Int32Array, touches: Touches): Generator<undefined, boolean> {
  const { edges, tree, rings } = shape;
  const near: number[] = [];
  for (let edge = 0; edge < shape.count; edge++) {
    if (edge % EDGES_A_TURN === 0 || near.length > EDGES_A_TURN) yield;
    if (ringOf[edge] < 0) continue;
    near.length = 0;
    const [ax, ay, bx, by] = edges.subarray(4 * edge, 4 * edge + 4);
    tree.find(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by), near);
    for (const other of near) {
      if (other <= edge || ringOf[other] < 0) continue;
      const [one, two] = [rings[ringOf[edge]], rings[ringOf[other]]];
      if (one.element === two.element && !mayMeet(shape, ringOf, edge, other, touches)) return false;
    }
  }
  return true;
}

function mayMeet({ edges, rings }: Shape, ringOf: Int32Array, edge: number, other: number, touches: Touches): boolean {
  const meeting = meetingOf(edges, 4 * edge, 4 * other);
  if (meeting === "nothing") return true;
  if (meeting === "line") return false;
  if (ringOf[edge] === ringOf[other]) return areNeighbours(rings[ringOf[edge]], edge, other);
  const [x, y] = meeting;
  const key = pointKey(x, y);
  const touch = touches.get(key) ?? { point: new GivenPoint(x, y), edges: new Map<number, Set<number>>() };
  touches.set(key, touch);
  if (touches.size > MAX_NODES) throw tooManyNodes();
  for (const one of [edge, other]) {
    const known = touch.edges.get(ringOf[one]) ?? new Set();
    touch.edges.set(ringOf[one], known.add(one));
  }
  return true;
}

function areNeighbours({ first, end }: Ring, edge: number, other: number): boolean {
  return other === edge + 1 || (edge === first && other === end - 1);
}

/** "line" also for edges that cross: neither is valid. */
function meetingOf(edges: Float64Array, a: number, b: number): Meeting {
  const side = (one: number, end: number) =>
    orientation(edges[one], edges[one + 1], edges[one + 2], edges[one + 3], edges[end], edges[end + 1]);
  const [start, end, otherStart, otherEnd] = [side(b, a), side(b, a + 2), side(a, b), side(a, b + 2)];
  if (start * end > 0 || otherStart * otherEnd > 0) return "nothing";
  if (start * end * otherStart * otherEnd !== 0) return "line";
  const ends = [a, a + 2].filter((at) => isInBox(edges, b, at) && side(b, at) === 0);
  const otherEnds = [b, b + 2].filter((at) => isInBox(edges, a, at) && side(a, at) === 0);
  const common = [...ends, ...otherEnds].map((at) => [edges[at], edges[at + 1]] as const);
  const points = new Map(common.map(([x, y]) => [pointKey(x, y), [x, y] as const]));
  if (points.size > 1) return "line";
  return [...points.values()][0] ?? "nothing";
}

function isInBox(edges: Float64Array, edge: number, at: number): boolean {
  const [ax, ay, bx, by] = edges.subarray(edge, edge + 4);
  const [x, y] = [edges[at], edges[at + 1]];
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
}

/** Around a point each ring's two directions enclose those of other rings or none of them: otherwise rings cross there. */
function areNested(rings: Shape, { point, edges }: { point: GivenPoint; edges: Map<number, Set<number>> }): boolean {
  const rays = [...edges.values()].flatMap((own) => [...own].flatMap((edge) => raysOf(rings, edge, point)));
  const open: number[] = [];
  for (const { polygon: ring } of rays.sort(compareRays)) {
    if (open.at(-1) === ring) open.pop();
    else open.push(ring);
  }
  return open.length === 0;
}

/** Rings of one polygon that touch in a circle cut its inside in two. */
function areConnected({ rings }: Shape, touches: Touches): boolean {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    if (root !== name) parents.set(name, root);
    return root;
  };
  for (const [key, { edges }] of touches) {
    for (const ring of edges.keys()) {
      const [one, two] = [rootOf(`${ring}`), rootOf(`${rings[ring].polygon}: ${key}`)];
      if (one === two) return false;
      parents.set(one, two);
    }
  }
  return true;
}

/** Holes lie in their shell and in no other ring of their polygon, and no ring in another polygon. */
function* areInPlace(rings: Shape): Generator<undefined, boolean> {
  const locator = new Locator(rings);
  for (const [ring, { polygon, element, isHole }] of rings.rings.entries()) {
    yield;
    const around = ringsAround(rings, locator, ring).map((other) => rings.rings[other]);
    const near = around.filter((other) => other.element === element);
    const own = near.filter((other) => other.polygon === polygon).length;
    if (own % 2 !== (isHole ? 1 : 0)) return false;
    const others = new Set<number>();
    for (const other of near) {
      if (other.polygon === polygon) continue;
      if (!others.delete(other.polygon)) others.add(other.polygon);
    }
    if (others.size > 0) return false;
  }
  return true;
}

/** Rings that a ring lies in, by a point of it that is on no other one of its element. */
function ringsAround(rings: Shape, locator: Locator, ring: number): readonly number[] {
  const { first, end, element } = rings.rings[ring];
  const { edges } = rings;
  for (let edge = first; edge < end; edge++) {
    const [ax, ay, bx, by] = edges.subarray(4 * edge, 4 * edge + 4);
    const start = new GivenPoint(ax, ay);
    for (const point of [start, new Middle(start, new GivenPoint(bx, by))]) {
      const { on, around } = locator.polygonsAt(point);
      if (on.every((other) => other === ring || rings.rings[other]?.element !== element)) return around;
    }
  }
  return [];
}
