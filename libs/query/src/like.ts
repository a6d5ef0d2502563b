import { utf8 } from "./constant.ts";
import { FilterError } from "./filter-error.ts";
import { RunFinder } from "./run-finder.ts";
import { ANY_CHARACTER, isContinuation, WildcardFinder } from "./wildcard-finder.ts";

const BACKSLASH = 0x5c;
/** No text that `like` is asked of is longer: max_length of a VarChar is 65 535, a JSON cell has 65 536 bytes. */
const MAX_PATTERN_BYTES = 65_536;
/** Units of a part between two `%` that has a `_`; so many cost 32 operations a byte. */
const MAX_WILDCARD_UNITS = 1024;

/** @throws {FilterError} for a pattern that ends with a backslash, which escapes nothing, or is too long */
export function checkLikePattern(pattern: string): void {
  const bytes = utf8(pattern);
  if (bytes.length > MAX_PATTERN_BYTES)
    throw new FilterError(`the pattern of like has ${bytes.length} bytes, more than ${MAX_PATTERN_BYTES}`);
  const wide = middleOf(splitPattern(bytes)).find(isTooWide);
  if (wide)
    throw new FilterError(
      `the pattern of like has ${wide.length} bytes and _ between two %, more than ${MAX_WILDCARD_UNITS}`,
    );
}

function isTooWide(segment: Uint16Array): boolean {
  return segment.length > MAX_WILDCARD_UNITS && segment.includes(ANY_CHARACTER);
}

/**
 * A `like` pattern over UTF-8 bytes: `%` is any run, `_` one code point, a backslash makes the next character literal;
 * anchored at both ends, case-sensitive. The time of a match is linear in the text, whatever pattern and text hold.
 */
export class LikeMatcher {
  /** What stands before the first `%`; the whole pattern when there is none. */
  readonly #first: Uint16Array;
  /** What stands behind the last `%`; undefined without one. */
  readonly #last: Uint16Array | undefined;
  readonly #middle: readonly Finder[];

  /** @throws {FilterError} as `checkLikePattern` */
  constructor(pattern: string) {
    checkLikePattern(pattern);
    const segments = splitPattern(utf8(pattern));
    this.#first = segments[0];
    this.#last = segments.length > 1 ? segments.at(-1) : undefined;
    this.#middle = middleOf(segments).map(finderOf);
  }

  /** Is `data[start, end)` of this pattern? The bytes must be UTF-8. */
  matches(data: Uint8Array, start: number, end: number): boolean {
    let at = matchForward(this.#first, data, start, end);
    if (!this.#last) return at === end;
    if (at < 0) return false;
    // The leftmost place is the best for every segment but the last: it leaves the most for those that follow.
    for (const finder of this.#middle) {
      at = finder.find(data, at, end);
      if (at < 0) return false;
    }
    return matchBackward(this.#last, data, at, end) >= 0;
  }
}

type Finder = Pick<WildcardFinder, "find">;

function finderOf(segment: Uint16Array): Finder {
  return segment.includes(ANY_CHARACTER) ? new WildcardFinder(segment) : new RunFinder(Uint8Array.from(segment));
}

/** Bytes and ANY_CHARACTERs between the `%`s. One segment = no `%`. @throws {FilterError} when nothing follows a backslash */
function splitPattern(pattern: Uint8Array): Uint16Array[] {
  const segments: Uint16Array[] = [];
  let current: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const byte = pattern[at];
    if (byte === 0x25) {
      segments.push(Uint16Array.from(current));
      current = [];
    } else if (byte === 0x5f) current.push(ANY_CHARACTER);
    else if (byte !== BACKSLASH) current.push(byte);
    else if (++at < pattern.length) current.push(pattern[at]);
    else throw new FilterError("Invalid LIKE pattern: trailing backslash with nothing to escape");
  }
  return [...segments, Uint16Array.from(current)];
}

/** What stands between two `%`, without what is empty. */
function middleOf(segments: readonly Uint16Array[]): Uint16Array[] {
  return segments.slice(1, -1).filter((segment) => segment.length > 0);
}

/** Where the segment ends when it starts at `at`, or -1. */
function matchForward(segment: Uint16Array, data: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < segment.length; i++) {
    if (at >= end) return -1;
    const want = segment[i];
    if (want === ANY_CHARACTER) {
      at++;
      while (at < end && isContinuation(data[at])) at++;
    } else if (data[at++] !== want) return -1;
  }
  return at;
}

/** Where the segment starts when it ends at `end`, or -1 when that would be before `start`. */
function matchBackward(segment: Uint16Array, data: Uint8Array, start: number, end: number): number {
  let at = end;
  for (let i = segment.length - 1; i >= 0; i--) {
    if (at <= start) return -1;
    const want = segment[i];
    if (want === ANY_CHARACTER) {
      at--;
      while (at > start && isContinuation(data[at])) at--;
    } else if (data[--at] !== want) return -1;
  }
  return at;
}
