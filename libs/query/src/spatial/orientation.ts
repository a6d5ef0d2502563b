// Signs of determinants of coordinates, exact for all finite doubles: what lies left of what must not depend on rounding,
// or a point on a border is within by one test and outside by the next. Source: J. R. Shewchuk, Adaptive Precision Floating-Point
// Arithmetic and Fast Robust Geometric Predicates (1997).

/** Half a unit in the last place of 1. */
const EPSILON = 2 ** -53;
/** By how much the difference of two products of differences may be off, as a part of the sum of their sizes. */
export const RELATIVE_ERROR = (3 + 16 * EPSILON) * EPSILON;
/** Products within have no part that is lost beneath the least double, or above the greatest. */
const [TINY, HUGE] = [1e-140, 1e140];
const SPLITTER = 2 ** 27 + 1;

/** 1 when c lies to the left of the line from a to b, -1 to the right, 0 on it. */
export function orientation(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  if ((cx === ax && cy === ay) || (cx === bx && cy === by)) return 0;
  return turn(ax, ay, bx, by, ax, ay, cx, cy);
}

/** The sign of the cross product of the vectors p → q and r → s: 1 when the second one points to the left of the first. */
export function turn(
  px: number,
  py: number,
  qx: number,
  qy: number,
  rx: number,
  ry: number,
  sx: number,
  sy: number,
): number {
  const [ux, uy, vx, vy] = [qx - px, qy - py, sx - rx, sy - ry];
  const [left, right] = [ux * vy, uy * vx];
  const sum = Math.abs(left) + Math.abs(right);
  const difference = left - right;
  if (Math.abs(difference) > RELATIVE_ERROR * sum && sum > TINY && sum < HUGE) return Math.sign(difference);
  const areExact =
    isDifference(ux, qx, px) && isDifference(uy, qy, py) && isDifference(vx, sx, rx) && isDifference(vy, sy, ry);
  if (areExact && (left === 0 || isMiddling(left)) && (right === 0 || isMiddling(right))) {
    if ((left !== 0 || ux === 0 || vy === 0) && (right !== 0 || uy === 0 || vx === 0) && areMiddling(ux, uy, vx, vy))
      return compareProducts(ux, vy, left, uy, vx, right);
  }
  return exactTurn(px, py, qx, qy, rx, ry, sx, sy);
}

/** Whether the rounded difference of a and b is the difference. */
function isDifference(difference: number, a: number, b: number): boolean {
  const virtual = a - difference;
  return virtual - b + (a - (difference + virtual)) === 0;
}

function isMiddling(value: number): boolean {
  const size = Math.abs(value);
  return size > TINY && size < HUGE;
}

function areMiddling(a: number, b: number, c: number, d: number): boolean {
  return (
    (a === 0 || isMiddling(a)) && (b === 0 || isMiddling(b)) && (c === 0 || isMiddling(c)) && (d === 0 || isMiddling(d))
  );
}

/** The sign of a·b − c·d, whose rounded products are given: rounding keeps order, so that only equal ones are looked at closer. */
function compareProducts(a: number, b: number, ab: number, c: number, d: number, cd: number): number {
  return ab === cd ? Math.sign(tailOf(a, b, ab) - tailOf(c, d, cd)) : Math.sign(ab - cd);
}

/** What a product has lost by rounding. */
function tailOf(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [highPart(a), highPart(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function highPart(value: number): number {
  const big = SPLITTER * value;
  return big - (big - value);
}

function exactTurn(...coordinates: number[]): number {
  const [px, py, qx, qy, rx, ry, sx, sy] = coordinates.map(integerOf);
  return signOf((qx - px) * (sy - ry) - (qy - py) * (sx - rx));
}

/** -1, 0 or 1. */
export function signOf(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}

const bits = new DataView(new ArrayBuffer(8));

/** A finite double as a multiple of 2^-1074, the least one. */
export function integerOf(value: number): bigint {
  bits.setFloat64(0, value);
  const words = bits.getBigUint64(0);
  const exponent = Number((words >> 52n) & 0x7ffn);
  const fraction = words & 0xfffffffffffffn;
  const size = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return words >> 63n === 0n ? size : -size;
}
