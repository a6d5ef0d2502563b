import { StatusError, statusCodes } from "@sluice/errors";
import { orientation } from "./orientation.ts";
import { Crossing, GivenPoint, type PlanePoint } from "./plane-point.ts";
import { POINT_OWNER, pointKey, type Shape } from "./shape.ts";

/** Points of one pair of geometries that are kept at once. */
export const MAX_NODES = 1 << 18;

/** What too intricate geometries are refused with. */
export function tooManyNodes(): StatusError {
  const reason = `a geometry meets another one, or itself, in more than ${MAX_NODES} points (ask with a simpler one, or leave such rows out by another condition)`;
  return new StatusError(statusCodes.invalidParameter, reason);
}

/** Edges that are looked for in one piece. */
export const EDGES_A_TURN = 64;

/** Where edges of a geometry meet others. */
export class Cuts {
  /** Of an edge the points within it, unordered. */
  readonly within = new Map<number, PlanePoint[]>();
  /** 1 of edges whose start lies on another one. */
  readonly touched: Uint8Array;

  constructor({ count }: Shape) {
    this.touched = new Uint8Array(count);
  }

  /** @param point within the edge, not at its ends */
  add(edge: number, point: PlanePoint): void {
    listOf(this.within, edge).push(point);
  }
}

/** Of an edge those of another geometry that run along a part of it. */
export type Along = Map<number, number[]>;

/** One side of two geometries, or of one and itself. */
export interface NodedShape {
  readonly shape: Shape;
  readonly cuts: Cuts;
  readonly along: Along;
}

function listOf<T>(lists: Map<number, T[]>, key: number): T[] {
  const list = lists.get(key);
  if (list) return list;
  const added: T[] = [];
  lists.set(key, added);
  return added;
}

/** Where edges meet. */
export interface Meeting {
  readonly point: PlanePoint;
  /** One edge of each geometry that the point lies on. */
  readonly edges: readonly [number, number];
}

/** Finds where lines and rings of two geometries meet. */
export class Noder {
  readonly #a: NodedShape;
  readonly #b: NodedShape;
  readonly #given = new Set<string>();
  #found: Meeting[] = [];
  #count = 0;

  constructor(a: NodedShape, b: NodedShape) {
    this.#a = a;
    this.#b = b;
  }

  /**
   * Each point where they meet, once, or nothing, when others may have their turn.
   * @throws {StatusError} 1100 when there are too many
   */
  *nodes(): Generator<Meeting | undefined, void> {
    const [a, b] = [this.#a.shape, this.#b.shape];
    const near: number[] = [];
    for (let edge = 0; edge < a.count; edge++) {
      if (edge % EDGES_A_TURN === 0) yield;
      if (a.owners[edge] === POINT_OWNER) continue;
      near.length = 0;
      findNear(a, edge, b, near);
      for (const other of near)
        if (b.owners[other] !== POINT_OWNER && (a !== b || other > edge)) this.#meet(edge, other);
      if (near.length > EDGES_A_TURN) yield;
      yield* this.#found;
      this.#found = [];
    }
  }

  #meet(edge: number, other: number): void {
    const [p, q] = [this.#a.shape.edges, this.#b.shape.edges];
    const [i, j] = [4 * edge, 4 * other];
    const start = sideOfEnd(q, j, p, i);
    const end = sideOfEnd(q, j, p, i + 2);
    if (start * end > 0) return;
    const otherStart = sideOfEnd(p, i, q, j);
    const otherEnd = sideOfEnd(p, i, q, j + 2);
    if (otherStart * otherEnd > 0) return;
    if (start * end * otherStart * otherEnd !== 0) this.#cross(edge, other);
    if (start === 0) this.#touch(this.#a, edge, 0, this.#b, other);
    if (end === 0) this.#touch(this.#a, edge, 2, this.#b, other);
    if (otherStart === 0) this.#touch(this.#b, other, 0, this.#a, edge);
    if (otherEnd === 0) this.#touch(this.#b, other, 2, this.#a, edge);
    if (start === 0 && end === 0 && isOverlap(p, i, q, j)) {
      listOf(this.#a.along, edge).push(other);
      listOf(this.#b.along, other).push(edge);
    }
  }

  #cross(edge: number, other: number): void {
    const [p, q] = [this.#a.shape.edges, this.#b.shape.edges];
    const point = new Crossing(p.subarray(4 * edge, 4 * edge + 4), q.subarray(4 * other, 4 * other + 4));
    this.#a.cuts.add(edge, point);
    this.#b.cuts.add(other, point);
    this.#node(point, [edge, other]);
  }

  /** An end of one edge lies on the line of another, and perhaps on the edge. @param end 0 for its start, 2 for its end */
  #touch(one: NodedShape, edge: number, end: 0 | 2, two: NodedShape, other: number): void {
    const [x, y] = one.shape.edges.subarray(4 * edge + end, 4 * edge + end + 2);
    const [ax, ay, bx, by] = two.shape.edges.subarray(4 * other, 4 * other + 4);
    if (x < Math.min(ax, bx) || x > Math.max(ax, bx) || y < Math.min(ay, by) || y > Math.max(ay, by)) return;
    if (end === 0) one.cuts.touched[edge] = 1;
    const point = new GivenPoint(x, y);
    if (x === ax && y === ay) two.cuts.touched[other] = 1;
    else if (x !== bx || y !== by) two.cuts.add(other, point);
    const key = pointKey(x, y);
    if (!this.#given.has(key)) {
      this.#given.add(key);
      this.#node(point, one === this.#a ? [edge, other] : [other, edge]);
    }
  }

  #node(point: PlanePoint, edges: readonly [number, number]): void {
    this.#found.push({ point, edges });
    if (++this.#count > MAX_NODES) throw tooManyNodes();
  }
}

/** Edges of b whose boxes meet that of an edge of a. */
function findNear({ edges }: Shape, edge: number, b: Shape, near: number[]): void {
  const at = 4 * edge;
  const [ax, ay, bx, by] = [edges[at], edges[at + 1], edges[at + 2], edges[at + 3]];
  b.tree.find(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by), near);
}

function sideOfEnd(edges: Float64Array, at: number, others: Float64Array, end: number): number {
  return orientation(edges[at], edges[at + 1], edges[at + 2], edges[at + 3], others[end], others[end + 1]);
}

/** Whether edges on one line have more than a point in common. */
function isOverlap(a: Float64Array, at: number, b: Float64Array, bt: number): boolean {
  const axis = a[at] === a[at + 2] ? 1 : 0;
  const [a0, a1, b0, b1] = [a[at + axis], a[at + 2 + axis], b[bt + axis], b[bt + 2 + axis]];
  return Math.max(Math.min(a0, a1), Math.min(b0, b1)) < Math.min(Math.max(a0, a1), Math.max(b0, b1));
}
