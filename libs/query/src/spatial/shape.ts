import type { SegmentTree } from "./segment-tree.ts";

/** Owners of edges that are no ring of a polygon; polygons are counted from 0. */
export const LINE_OWNER = -1;
/** As `LINE_OWNER`, of a point. */
export const POINT_OWNER = -2;

/** A ring of a polygon. */
export interface Ring {
  readonly polygon: number;
  /** The Polygon or MultiPolygon it belongs to. */
  readonly element: number;
  readonly isHole: boolean;
  /** Its edges. */
  readonly first: number;
  readonly end: number;
}

/**
 * A geometry in the plane as its edges, one after the other along each line and ring. A point is an edge without length, and so is
 * a line whose points are all the same. The area of a polygon is what lies within an odd number of its rings, that of a geometry
 * what lies in any of its polygons: as far as polygons are valid, what OGC says.
 */
export interface Shape {
  /** Of each edge x and y of its start, x and y of its end. */
  readonly edges: Float64Array;
  readonly count: number;
  /** Of each edge the polygon, or what else it is. */
  readonly owners: Int32Array;
  /** 1 of edges that begin a line or a ring. */
  readonly starts: Uint8Array;
  /** 1 of edges of rings that have their polygon's inside to the left, as far as polygons are valid. */
  readonly leftInside: Uint8Array;
  /** Keys of the ends of lines that are their boundary: those that an odd number of lines ends at. */
  readonly lineEnds: ReadonlySet<string>;
  readonly polygons: number;
  readonly rings: readonly Ring[];
  /** Lines have two points, rings end where they begin. */
  readonly isSound: boolean;
  /** Polygons of a collection may lie over one another and over its lines. */
  readonly isMixed: boolean;
  /** The greatest of its parts; -1 of an empty geometry. */
  readonly dimension: -1 | 0 | 1 | 2;
  readonly tree: SegmentTree;
}

/** The same text for the same point: -0 is 0. */
export function pointKey(x: number, y: number): string {
  return `${x + 0} ${y + 0}`;
}
