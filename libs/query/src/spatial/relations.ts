import { Location } from "./locator.ts";
import { Matrix, type Parts, relate } from "./relate.ts";
import type { Shape } from "./shape.ts";

const { interior: I, boundary: B, exterior: E } = Location;

/** What two geometries may be to each other. */
export type SpatialRelation = "equals" | "contains" | "within" | "intersects" | "touches" | "overlaps" | "crosses";

/** Says what a matrix, of which some may be missing, already decides. `isWhole` when nothing is missing. */
type Decision = (matrix: Matrix, a: Shape, b: Shape, isWhole: boolean) => boolean | undefined;

function meet(matrix: Matrix): boolean {
  return [matrix.at(I, I), matrix.at(I, B), matrix.at(B, I), matrix.at(B, B)].some((dimension) => dimension >= 0);
}

function has(matrix: Matrix, a: Location, b: Location): boolean {
  return matrix.at(a, b) >= 0;
}

const equals: Decision = (m, a, b, isWhole) => {
  if (a.dimension !== b.dimension || has(m, I, E) || has(m, B, E) || has(m, E, I) || has(m, E, B)) return false;
  return isWhole ? a.dimension === -1 || has(m, I, I) : undefined;
};

const within: Decision = (m, _a, _b, isWhole) => {
  if (has(m, I, E) || has(m, B, E)) return false;
  return isWhole ? has(m, I, I) : undefined;
};

const contains: Decision = (m, _a, _b, isWhole) => {
  if (has(m, E, I) || has(m, E, B)) return false;
  return isWhole ? has(m, I, I) : undefined;
};

const intersects: Decision = (m, _a, _b, isWhole) => (meet(m) ? true : isWhole ? false : undefined);

const touches: Decision = (m, _a, _b, isWhole) => {
  if (has(m, I, I)) return false;
  return isWhole ? meet(m) : undefined;
};

const overlaps: Decision = (m, a, b, isWhole) => {
  if (a.dimension !== b.dimension || a.dimension < 0) return false;
  const areMixed = has(m, I, E) && has(m, E, I);
  const isEnough = areMixed && (a.dimension === 1 ? m.at(I, I) === 1 : has(m, I, I));
  return isEnough || (isWhole ? false : undefined);
};

const crosses: Decision = (m, a, b, isWhole) => {
  if (a.dimension === b.dimension) {
    if (a.dimension !== 1 || m.at(I, I) > 0) return false;
    return isWhole ? m.at(I, I) === 0 : undefined;
  }
  const isOut = a.dimension < b.dimension ? has(m, I, E) : has(m, E, I);
  return (has(m, I, I) && isOut) || (isWhole ? false : undefined);
};

const decisions: Readonly<Record<SpatialRelation, Decision>> = {
  equals,
  contains,
  within,
  intersects,
  touches,
  overlaps,
  crosses,
};

/** What the relation needs to know of the two: parts of a geometry without area are known when these alone have been looked for. */
function partsFor(relation: SpatialRelation, a: Shape, b: Shape): readonly [Parts, Parts] {
  if (relation === "within") return ["all", "none"];
  if (relation === "contains") return ["none", "all"];
  if (relation === "equals" || relation === "overlaps") return ["all", "all"];
  if (a.dimension <= b.dimension && a.dimension < 2) return ["all", a.dimension === 1 ? "points" : "none"];
  return b.dimension < 2 ? [b.dimension === 1 ? "points" : "none", "all"] : ["all", "all"];
}

/**
 * Whether a is to b what the relation says. Yields when others may have their turn.
 * @throws {StatusError} 1100 when they meet in too many points
 */
export function* isRelated(relation: SpatialRelation, a: Shape, b: Shape): Generator<undefined, boolean> {
  const decide = decisions[relation];
  const matrix = new Matrix();
  for (const _ of relate(a, b, matrix, partsFor(relation, a, b))) {
    const known = decide(matrix, a, b, false);
    if (known !== undefined) return known;
    yield;
  }
  return decide(matrix, a, b, true) ?? false;
}
