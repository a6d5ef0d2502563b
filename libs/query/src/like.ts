import { utf8 } from "./constant.ts";
import { FilterError } from "./filter-error.ts";

/** Stands in a segment for exactly one character; no byte of UTF-8 has this value. */
const ANY_CHARACTER = 256;
const BACKSLASH = 0x5c;

/** @throws {FilterError} for a pattern that ends with a backslash, which escapes nothing */
export function checkLikePattern(pattern: string): void {
  const trailing = /\\*$/.exec(pattern)![0].length;
  if (trailing % 2 === 1) throw new FilterError("Invalid LIKE pattern: trailing backslash with nothing to escape");
}

/**
 * A `like` pattern over UTF-8 bytes: `%` is any run, `_` one code point, a backslash makes the next character literal;
 * anchored at both ends, case-sensitive.
 */
export class LikeMatcher {
  /** What stands between the `%`s: bytes and ANY_CHARACTER. One segment = no `%`. */
  readonly #segments: readonly Uint16Array[];

  /** @throws {FilterError} as `checkLikePattern` */
  constructor(pattern: string) {
    checkLikePattern(pattern);
    this.#segments = splitPattern(utf8(pattern));
  }

  /** Is `data[start, end)` of this pattern? The bytes must be UTF-8. */
  matches(data: Uint8Array, start: number, end: number): boolean {
    const segments = this.#segments;
    const last = segments.length - 1;
    let at = matchForward(segments[0], data, start, end);
    if (last === 0) return at === end;
    if (at < 0) return false;
    // The leftmost place is the best for every segment but the last: it leaves the most for those that follow.
    for (let i = 1; i < last; i++) {
      at = find(segments[i], data, at, end);
      if (at < 0) return false;
    }
    return matchBackward(segments[last], data, at, end) >= 0;
  }
}

function splitPattern(pattern: Uint8Array): Uint16Array[] {
  const segments: Uint16Array[] = [];
  let current: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const byte = pattern[at];
    if (byte === 0x25) {
      segments.push(Uint16Array.from(current));
      current = [];
    } else if (byte === 0x5f) current.push(ANY_CHARACTER);
    else current.push(byte === BACKSLASH ? pattern[++at] : byte);
  }
  return [...segments, Uint16Array.from(current)];
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

/** Where the segment's first occurrence from `at` on ends, or -1. */
function find(segment: Uint16Array, data: Uint8Array, at: number, end: number): number {
  if (segment.length === 0) return at;
  const first = segment[0];
  for (; at < end; at++) {
    if (first === ANY_CHARACTER ? isContinuation(data[at]) : data[at] !== first) continue;
    const found = matchForward(segment, data, at, end);
    if (found >= 0) return found;
  }
  return -1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
