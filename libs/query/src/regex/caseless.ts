import { type CodePoints, together } from "./code-points.ts";
import { assignedOf } from "./unicode-classes.ts";

/** The same with whatever differs from them by its case alone, by Unicode's simple folding. */
export function caseless(points: CodePoints): CodePoints {
  const [[first, last] = [0, 1]] = points;
  if (points.length === 1 && first === last) return together([...points, ...aloneOf(cased().get(first) ?? [])]);
  const more: (readonly [number, number])[] = [];
  let at = 0;
  for (const [point, like] of cased()) {
    while (at < points.length && points[at][1] < point) at++;
    if (at === points.length) break;
    if (points[at][0] <= point) more.push(...aloneOf(like));
  }
  return together([...points, ...more]);
}

function aloneOf(points: readonly number[]): CodePoints {
  return points.map((point) => [point, point]);
}

/** Letters of one folding that have no other case of a single character. Source: Unicode, CaseFolding.txt, status S. */
const twins: ReadonlyMap<number, number> = new Map([
  [0x390, 0x1fd3],
  [0x3b0, 0x1fe3],
  [0xfb05, 0xfb06],
]);

let known: ReadonlyMap<number, readonly number[]> | undefined;

/** Of each code point that has a case those that differ from it by that alone, ascending. */
function cased(): ReadonlyMap<number, readonly number[]> {
  if (known) return known;
  const groups = new Map<number, readonly number[]>();
  for (const [first, last] of assignedOf(/\p{Changes_When_Casemapped}+/gu))
    for (let point = first; point <= last; point++) {
      const group = [...new Set([point, ...alike(point)].flatMap((one) => groups.get(one) ?? [one]))];
      for (const one of group) groups.set(one, group);
    }
  known = new Map([...groups].sort((a, b) => a[0] - b[0]));
  return known;
}

/** Others of the same letter. What does not lead back is asked of the runtime's own folding: `ı` is no `i`. */
function alike(point: number): number[] {
  const twin = twins.get(point);
  if (twin !== undefined) return [twin];
  const text = String.fromCodePoint(point);
  const [lower, upper] = [text.toLowerCase(), text.toUpperCase()];
  const other = lower === text ? upper : lower;
  const isPair = (other === upper ? other.toLowerCase() : other.toUpperCase()) === text;
  if (isPair) return pointsOf([other]);
  const same = new RegExp(`^\\u{${point.toString(16)}}$`, "iu");
  return pointsOf([lower, upper, upper.toLowerCase()].filter((one) => same.test(one)));
}

function pointsOf(texts: readonly string[]): number[] {
  return texts.flatMap((one) => ([...one].length === 1 ? [one.codePointAt(0) ?? 0] : []));
}
