import { integerOf, orientation, RELATIVE_ERROR, signOf } from "./orientation.ts";

// Points where edges cross have coordinates that no double holds. They are known nearly, with a bound of the error, by which most
// questions are decided; the others are decided by fractions of integers.

/** A point as fractions of a common denominator, which is positive, in units of the least double. */
interface ExactPoint {
  readonly x: bigint;
  readonly y: bigint;
  readonly denominator: bigint;
}

/** A point of the plane. */
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
  /** How far each coordinate may be off; 0 of a point that is given. */
  readonly error: number;
  /** Without any error; bigints, so only where `error` leaves a question open. */
  exact(): ExactPoint;
}

/** A point whose coordinates are given. */
export class GivenPoint implements PlanePoint {
  readonly error = 0;
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  exact(): ExactPoint {
    return { x: integerOf(this.x), y: integerOf(this.y), denominator: 1n };
  }
}

/** Errors of a few roundings, as a part of the value. */
const ROUNDINGS = 2 ** -50;

/** Where two edges cross, within both of them. Coordinates of an edge: those of its start, those of its end. */
export class Crossing implements PlanePoint {
  readonly x: number;
  readonly y: number;
  readonly error: number;
  readonly #edge: Float64Array;
  readonly #other: Float64Array;
  #exact: ExactPoint | undefined;

  constructor(edge: Float64Array, other: Float64Array) {
    this.#edge = edge;
    this.#other = other;
    const [px, py, qx, qy] = edge;
    const start = areaOf(other, px, py);
    const end = areaOf(other, qx, qy);
    const part = start.area / (start.area - end.area);
    const partError = (4 * (start.error + end.error)) / Math.abs(start.area - end.area) + ROUNDINGS;
    const length = Math.abs(qx - px) + Math.abs(qy - py);
    const error = length * partError + ROUNDINGS * (Math.abs(px) + Math.abs(py) + length);
    const isGood = error < length;
    // It lies within the edge in any case.
    this.x = isGood ? px + part * (qx - px) : px;
    this.y = isGood ? py + part * (qy - py) : py;
    this.error = isGood ? error : 2 * length;
  }

  exact(): ExactPoint {
    this.#exact ??= exactCrossing(this.#edge, this.#other);
    return this.#exact;
  }
}

/** Twice the area between an edge and a point, and how far that may be off. */
function areaOf([ax, ay, bx, by]: Float64Array, x: number, y: number): { area: number; error: number } {
  const [left, right] = [(bx - ax) * (y - ay), (by - ay) * (x - ax)];
  return { area: left - right, error: RELATIVE_ERROR * (Math.abs(left) + Math.abs(right)) };
}

function exactCrossing(edge: Float64Array, other: Float64Array): ExactPoint {
  const [px, py, qx, qy] = Array.from(edge, integerOf);
  const [ax, ay, bx, by] = Array.from(other, integerOf);
  const area = (x: bigint, y: bigint) => (bx - ax) * (y - ay) - (by - ay) * (x - ax);
  const [start, end] = [area(px, py), area(qx, qy)];
  const sign = start > end ? 1n : -1n;
  const denominator = (start - end) * sign;
  return {
    x: px * denominator + sign * start * (qx - px),
    y: py * denominator + sign * start * (qy - py),
    denominator,
  };
}

/** The point in the middle of two others. */
export class Middle implements PlanePoint {
  readonly x: number;
  readonly y: number;
  readonly error: number;
  readonly #first: PlanePoint;
  readonly #second: PlanePoint;
  #exact: ExactPoint | undefined;

  constructor(first: PlanePoint, second: PlanePoint) {
    this.#first = first;
    this.#second = second;
    this.x = first.x / 2 + second.x / 2;
    this.y = first.y / 2 + second.y / 2;
    this.error = first.error + second.error + ROUNDINGS * (Math.abs(this.x) + Math.abs(this.y)) + Number.MIN_VALUE;
  }

  exact(): ExactPoint {
    if (this.#exact) return this.#exact;
    const [a, b] = [this.#first.exact(), this.#second.exact()];
    this.#exact = {
      x: a.x * b.denominator + b.x * a.denominator,
      y: a.y * b.denominator + b.y * a.denominator,
      denominator: 2n * a.denominator * b.denominator,
    };
    return this.#exact;
  }
}

type Axis = "x" | "y";

/** The sign of a point's coordinate less a number. */
export function compareCoordinate(point: PlanePoint, axis: Axis, value: number): number {
  const difference = point[axis] - value;
  if (Math.abs(difference) > point.error || point.error === 0) return Math.sign(difference);
  const exact = point.exact();
  return signOf(exact[axis] - integerOf(value) * exact.denominator);
}

/** The sign of the difference of two points' coordinates. */
export function comparePoints(a: PlanePoint, b: PlanePoint, axis: Axis): number {
  const difference = a[axis] - b[axis];
  const error = a.error + b.error;
  if (Math.abs(difference) > 2 * error || error === 0) return Math.sign(difference);
  const [one, two] = [a.exact(), b.exact()];
  return signOf(one[axis] * two.denominator - two[axis] * one.denominator);
}

/** 1 when the point lies to the left of the edge at `at`, -1 to the right, 0 on its line. */
export function sideOf(edges: Float64Array, at: number, point: PlanePoint): number {
  const [ax, ay, bx, by] = [edges[at], edges[at + 1], edges[at + 2], edges[at + 3]];
  if (point.error === 0) return orientation(ax, ay, bx, by, point.x, point.y);
  const [left, right] = [(bx - ax) * (point.y - ay), (by - ay) * (point.x - ax)];
  const own = 2 * point.error * (Math.abs(bx - ax) + Math.abs(by - ay));
  const error = 2 * RELATIVE_ERROR * (Math.abs(left) + Math.abs(right)) + own;
  if (Math.abs(left - right) > error) return Math.sign(left - right);
  const { x, y, denominator } = point.exact();
  const [px, py, qx, qy] = [ax, ay, bx, by].map(integerOf);
  return signOf((qx - px) * (y - py * denominator) - (qy - py) * (x - px * denominator));
}
