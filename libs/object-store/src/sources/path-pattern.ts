/** What a path with wildcards means: where to list, and which of the listed files are meant. */
export interface PathPattern {
  /** What all its files begin with, up to the first wildcard; see `Sources.list`. */
  readonly prefix: string;
  /** Whether files in folders below that of the prefix can be meant. */
  readonly deep: boolean;
  /** Whether a file is meant, by its path from the prefix's folder on. In time that grows with pattern times path. */
  matches(below: string): boolean;
}

/** Alternatives that the braces of one pattern may stand for. */
const MAX_ALTERNATIVES = 256;

/**
 * A path as a pattern: `*` and `?` stand for any characters of a name, `[a-f]` and `[!x]` for one, `{a,b}` for either, `**` as
 * a whole name for any folders, also none. Undefined for a path without any of these.
 * @throws {RangeError} when its braces stand for too many
 */
export function parsePattern(path: string): PathPattern | undefined {
  const first = path.search(/[*?[{]/);
  if (first < 0) return undefined;
  const folder = path.slice(0, path.lastIndexOf("/", first) + 1);
  const alternatives = expandBraces(path.slice(folder.length)).map(parseNames);
  return {
    prefix: path.slice(0, first),
    deep: alternatives.some((names) => names.length > 1 || names.includes(ANY_FOLDERS)),
    matches: (below) => alternatives.some((names) => matchNames(names, below.split("/"))),
  };
}

/** One character that a name may have: any, or those of a set. */
type Char = (char: string) => boolean;
/** Any number of whatever stands in a sequence. */
const MANY = Symbol("many");
const ANY_FOLDERS = Symbol("**");
type Name = readonly (Char | typeof MANY)[];
type Names = readonly (Name | typeof ANY_FOLDERS)[];

/** `a{b,c}d` as `abd`, `acd`; braces that are not closed, or hold no comma, are letters. */
function expandBraces(text: string): string[] {
  let open = [""];
  let rest = text;
  for (;;) {
    const braces = /\{([^{}]*,[^{}]*)\}/.exec(rest);
    if (!braces) return open.map((begun) => begun + rest);
    const before = rest.slice(0, braces.index);
    const choices = braces[1].split(",");
    if (open.length * choices.length > MAX_ALTERNATIVES)
      throw new RangeError(`its braces stand for more than ${MAX_ALTERNATIVES} paths`);
    open = open.flatMap((begun) => choices.map((choice) => begun + before + choice));
    rest = rest.slice(braces.index + braces[0].length);
  }
}

function parseNames(text: string): Names {
  return text.split("/").map((name) => (name === "**" ? ANY_FOLDERS : parseName(name)));
}

function parseName(text: string): Name {
  const name: (Char | typeof MANY)[] = [];
  for (let i = 0; i < text.length; ) {
    const set = text[i] === "[" ? charSet(text, i) : undefined;
    const char = String.fromCodePoint(text.codePointAt(i) as number);
    if (set) name.push(set.accepts);
    else if (char === "*") name.push(MANY);
    else name.push(char === "?" ? () => true : (other) => other === char);
    i = set?.end ?? i + char.length;
  }
  return name;
}

/** `[abc]`, `[a-f]`, `[!a]` at `start`; undefined where it is not closed. */
function charSet(text: string, start: number): { accepts: Char; end: number } | undefined {
  const isNegated = text[start + 1] === "!" || text[start + 1] === "^";
  const from = start + (isNegated ? 2 : 1);
  // A bracket that comes first is one of the set.
  const close = text.indexOf("]", from + 1);
  if (close < 0) return undefined;
  const chars = Array.from(text.slice(from, close));
  const ranges: [string, string][] = [];
  for (let i = 0; i < chars.length; i++) {
    const isRange = chars[i + 1] === "-" && i + 2 < chars.length;
    ranges.push([chars[i], isRange ? chars[i + 2] : chars[i]]);
    if (isRange) i += 2;
  }
  const isIn = (char: string) => ranges.some(([low, high]) => low <= char && char <= high);
  return { accepts: (char) => isIn(char) !== isNegated, end: close + 1 };
}

function matchNames(names: Names, path: readonly string[]): boolean {
  const isOne = (name: Name, text: string) =>
    matchSequence<Char, typeof MANY, string>(name, Array.from(text), MANY, (accepts, c) => accepts(c));
  return matchSequence<Name, typeof ANY_FOLDERS, string>(names, path, ANY_FOLDERS, isOne);
}

/**
 * Whether `items` are what `pattern` says, in which `many` stands for any number of items. Only the last `many` is ever tried
 * again: what an earlier one could take, it can take as well.
 */
function matchSequence<P, M extends symbol, T>(
  pattern: readonly (P | M)[],
  items: readonly T[],
  many: M,
  isOne: (part: P, item: T) => boolean,
): boolean {
  let [at, retryAt, retryItem] = [0, -1, 0];
  for (let item = 0; item < items.length; ) {
    if (at < pattern.length && pattern[at] === many) {
      [retryAt, retryItem] = [at++, item];
    } else if (at < pattern.length && isOne(pattern[at] as P, items[item])) {
      at++;
      item++;
    } else if (retryAt >= 0) {
      at = retryAt + 1;
      item = ++retryItem;
    } else return false;
  }
  while (at < pattern.length && pattern[at] === many) at++;
  return at === pattern.length;
}
