import { turn } from "./orientation.ts";
import { compareCoordinate, type PlanePoint, sideOf } from "./plane-point.ts";
import { LINE_OWNER, pointKey, type Shape } from "./shape.ts";

/** Where a point lies with regard to a geometry; also rows and columns of a matrix of their relation. */
export const Location = { interior: 0, boundary: 1, exterior: 2 } as const;
/** Interior, boundary or exterior, by number. */
export type Location = (typeof Location)[keyof typeof Location];

/** What lies beside a piece of an edge, as seen along that edge. */
export interface Sides {
  readonly left: boolean;
  readonly right: boolean;
  /** Where the piece itself lies. */
  readonly location: Location;
}

const [APART, CROSSED, ON] = [0, 1, 2];

/** Says of points where they lie in a geometry: in areas before lines, on lines before points. */
export class Locator {
  readonly #shape: Shape;
  /** Of each polygon whether a ray from the point to the right crosses it an odd number of times. */
  readonly #odd: Uint8Array;
  #crossed: number[] = [];

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#odd = new Uint8Array(shape.polygons);
  }

  /** @param edge one that the point is known to lie on: where edges cross, that is the dearest question */
  locate(point: PlanePoint, edge?: number): Location {
    const { owners } = this.#shape;
    const known = edge === undefined ? [] : [edge];
    const on = [...known, ...this.#scan(point, known)];
    const borders = on.filter((edge) => owners[edge] >= 0);
    const beside = this.#takeOdd(borders);
    if (this.#isInside()) return Location.interior;
    if (borders.length > 0)
      return isEnclosed(this.#shape, point, borders, beside) ? Location.interior : Location.boundary;
    const lines = on.filter((edge) => owners[edge] === LINE_OWNER);
    if (lines.length > 0) return isLineEnd(this.#shape, point, lines) ? Location.boundary : Location.interior;
    return on.length > 0 ? Location.interior : Location.exterior;
  }

  /**
   * @param point within a piece of an edge that no edge of this geometry crosses
   * @param direction the edge's coordinates begin there in `edges`
   * @param along edges of this geometry that the piece is a part of
   */
  sides(point: PlanePoint, edges: Float64Array, direction: number, along: readonly number[]): Sides {
    const { owners } = this.#shape;
    const borders = along.filter((edge) => owners[edge] >= 0);
    this.#scan(point, along);
    const onRaySide = this.#takeOdd(borders);
    const onOtherSide = new Map(onRaySide);
    for (const edge of borders) onOtherSide.set(owners[edge], !onOtherSide.get(owners[edge]));
    const isInside = this.#isInside();
    const [near, far] = [onRaySide, onOtherSide].map((odd) => isInside || [...odd.values()].includes(true));
    const [left, right] = isRayToTheLeft(edges, direction) ? [near, far] : [far, near];
    return { left, right, location: locationOf(left && right, borders.length > 0, along.length > 0) };
  }

  /** Of the polygons of these edges whether the ray crosses their other ones an odd number of times; that is forgotten of them. */
  #takeOdd(borders: readonly number[]): Map<number, boolean> {
    const taken = new Map<number, boolean>();
    for (const polygon of new Set(borders.map((edge) => this.#shape.owners[edge]))) {
      taken.set(polygon, this.#odd[polygon] === 1);
      this.#odd[polygon] = 0;
    }
    return taken;
  }

  /** Polygons on whose borders a point lies, and those that lie around it. */
  polygonsAt(point: PlanePoint): { readonly on: readonly number[]; readonly around: readonly number[] } {
    const on = new Set(this.#scan(point, []).map((edge) => this.#shape.owners[edge]));
    const around = new Set(this.#crossed.filter((polygon) => this.#odd[polygon] === 1 && !on.has(polygon)));
    return { on: [...on], around: [...around] };
  }

  #isInside(): boolean {
    return this.#crossed.some((polygon) => this.#odd[polygon] === 1);
  }

  /** @param known edges that need no look @returns the others that the point lies on */
  #scan(point: PlanePoint, known: readonly number[]): number[] {
    for (const polygon of this.#crossed) this.#odd[polygon] = 0;
    this.#crossed = [];
    const { tree, edges, owners } = this.#shape;
    const { x, y, error } = point;
    const near: number[] = [];
    const end = this.#shape.polygons > 0 ? Number.POSITIVE_INFINITY : x + error;
    tree.find(x - error, y - error, end, y + error, near);
    const on: number[] = [];
    for (const edge of near) {
      if (known.includes(edge)) continue;
      const meeting = meetingOf(edges, 4 * edge, point);
      if (meeting === ON) on.push(edge);
      else if (meeting === CROSSED && owners[edge] >= 0) this.#cross(owners[edge]);
    }
    return on;
  }

  #cross(polygon: number): void {
    this.#odd[polygon] ^= 1;
    if (this.#crossed.at(-1) !== polygon) this.#crossed.push(polygon);
  }
}

function locationOf(isInside: boolean, isOnBorder: boolean, isOnLine: boolean): Location {
  if (isInside) return Location.interior;
  if (isOnBorder) return Location.boundary;
  return isOnLine ? Location.interior : Location.exterior;
}

/** What an edge is for a ray from the point to the right. Of its ends the upper one is none of it for the ray. */
function meetingOf(edges: Float64Array, at: number, point: PlanePoint): number {
  const start = compareCoordinate(point, "y", edges[at + 1]);
  const end = compareCoordinate(point, "y", edges[at + 3]);
  if (start === 0 && end === 0) {
    const isBetween = compareCoordinate(point, "x", edges[at]) * compareCoordinate(point, "x", edges[at + 2]) <= 0;
    return isBetween ? ON : APART;
  }
  if (start * end > 0) return APART;
  const side = sideOf(edges, at, point);
  if (side === 0) return ON;
  if (start < 0 === end < 0) return APART;
  return side > 0 === end < 0 ? CROSSED : APART;
}

function isLineEnd({ edges, lineEnds }: Shape, point: PlanePoint, lines: readonly number[]): boolean {
  if (lineEnds.size === 0) return false;
  if (point.error === 0) return lineEnds.has(pointKey(point.x, point.y));
  return lines.some((edge) => [4 * edge, 4 * edge + 2].some((at) => isEndAt(edges[at], edges[at + 1])));

  function isEndAt(x: number, y: number): boolean {
    const isThere = compareCoordinate(point, "x", x) === 0 && compareCoordinate(point, "y", y) === 0;
    return isThere && lineEnds.has(pointKey(x, y));
  }
}

/** Whether a ray that begins on an edge lies to the left of it: to the right of a rising one; above one that lies level. */
function isRayToTheLeft(edges: Float64Array, at: number): boolean {
  return edges[at + 3] === edges[at + 1] ? edges[at + 2] > edges[at] : edges[at + 3] < edges[at + 1];
}

/** A direction in which a border leaves a point; coordinates of two points that show it. */
export interface Ray {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly polygon: number;
}

/**
 * Whether polygons that meet at a point of their borders leave no gap around it.
 * @param beside of these polygons those that are there just above the ray from the point to the right; it changes
 */
function isEnclosed(
  shape: Shape,
  point: PlanePoint,
  borders: readonly number[],
  beside: Map<number, boolean>,
): boolean {
  const rays = borders.flatMap((edge) => raysOf(shape, edge, point)).sort(compareRays);
  if (![...beside.values()].includes(true)) return false;
  for (const [i, ray] of rays.entries()) {
    if (isLevel(ray)) continue;
    beside.set(ray.polygon, !beside.get(ray.polygon));
    const isLast = i + 1 === rays.length || compareRays(ray, rays[i + 1]) !== 0;
    if (isLast && ![...beside.values()].includes(true)) return false;
  }
  return true;
}

/** Whether it points where rays to the right do. */
function isLevel({ from, to }: Ray): boolean {
  return to[1] === from[1] && to[0] > from[0];
}

/** Directions in which an edge leaves a point on it. */
export function raysOf({ edges, owners }: Pick<Shape, "edges" | "owners">, edge: number, point: PlanePoint): Ray[] {
  const [ax, ay, bx, by] = edges.subarray(4 * edge, 4 * edge + 4);
  const isAt = (x: number, y: number) =>
    compareCoordinate(point, "x", x) === 0 && compareCoordinate(point, "y", y) === 0;
  const polygon = owners[edge];
  const ahead: Ray = { from: [ax, ay], to: [bx, by], polygon };
  const back: Ray = { from: [bx, by], to: [ax, ay], polygon };
  return [...(isAt(bx, by) ? [] : [ahead]), ...(isAt(ax, ay) ? [] : [back])];
}

/** Counter-clockwise from the direction of the x axis. */
export function compareRays(a: Ray, b: Ray): number {
  return halfOf(a) - halfOf(b) || -turn(...a.from, ...a.to, ...b.from, ...b.to);
}

/** 0 for directions from 0 to less than 180 degrees. */
function halfOf({ from, to }: Ray): 0 | 1 {
  return to[1] > from[1] || (to[1] === from[1] && to[0] > from[0]) ? 0 : 1;
}
