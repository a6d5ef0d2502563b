import type { VarColumn } from "@sluice/columns";
import { utf8 } from "../constant.ts";
import { LikeMatcher } from "../like.ts";
import type { FieldRef, Predicate, StringBound } from "../plan.ts";
import { RegexMatcher } from "../regex/regex-matcher.ts";
import { ByteSet, compareBytes, equalBytes } from "./byte-set.ts";
import { dropNulls, type Selector, type StepSelector, varColumn } from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;
/** Says of one value, as bytes of UTF-8, whether it is of the kind. */
type BytesTest = (data: Uint8Array, start: number, end: number) => boolean;

/** By the bytes of UTF-8. */
export function equalsStringSelector({ field, value }: Leaf<"equalsString">, wanted: boolean): Selector {
  const bytes = utf8(value);
  return bytesSelector(field, (data, start, end) => equalBytes(data, start, end, bytes), wanted);
}

/** By the order of UTF-8 bytes; each bound says whether it is in. */
export function stringRangeSelector({ field, low, high }: Leaf<"stringRange">, wanted: boolean): Selector {
  const above = low && boundTest(low, 1);
  const below = high && boundTest(high, -1);
  const test: BytesTest = (data, start, end) =>
    (!above || above(data, start, end)) && (!below || below(data, start, end));
  return bytesSelector(field, test, wanted);
}

/** `side` 1: values above the bound; -1: values below. */
function boundTest({ value, inclusive }: StringBound, side: 1 | -1): BytesTest {
  const bytes = utf8(value);
  return (data, start, end) => {
    const order = compareBytes(data, start, end, bytes) * side;
    return order > 0 || (inclusive && order === 0);
  };
}

/** By the bytes of UTF-8. */
export function inStringsSelector({ field, values }: Leaf<"inStrings">, wanted: boolean): Selector {
  const set = new ByteSet(values);
  return bytesSelector(field, (data, start, end) => set.indexOf(data, start, end) >= 0, wanted);
}

/** See `LikeMatcher` for the pattern. */
export function likeSelector({ field, pattern }: Leaf<"like">, wanted: boolean): Selector {
  const matcher = new LikeMatcher(pattern);
  return bytesSelector(field, (data, start, end) => matcher.matches(data, start, end), wanted);
}

/** Bytes of text between two turns: patterns of many states take microseconds for each. */
const REGEX_TURN_BYTES = 8 * 1024;

/** Anywhere in the text, see `RegexMatcher`; it stops behind each `REGEX_TURN_BYTES` of text. */
export function regexSelector({ field, pattern }: Leaf<"regex">, wanted: boolean): StepSelector {
  const matcher = new RegexMatcher(pattern);
  return function* (batch, rows, count) {
    const column = varColumn(batch, field);
    const { offsets, data } = column;
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0, bytes = 0; i < known; i++) {
      const row = rows[i];
      if (matcher.matches(data, offsets[row], offsets[row + 1]) === wanted) rows[kept++] = row;
      bytes += offsets[row + 1] - offsets[row];
      if (bytes < REGEX_TURN_BYTES) continue;
      bytes = 0;
      yield;
    }
    yield;
    return kept;
  };
}

/** Keeps the known rows whose value passes the test, or fails it. */
export function bytesSelector(field: FieldRef, test: BytesTest, wanted: boolean): Selector {
  return (batch, rows, count) => {
    const column = varColumn(batch, field);
    return keepTested(column, test, wanted, rows, dropNulls(column, rows, count));
  };
}

function keepTested(
  { offsets, data }: VarColumn,
  test: BytesTest,
  wanted: boolean,
  rows: Uint32Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    if (test(data, offsets[row], offsets[row + 1]) === wanted) rows[kept++] = row;
  }
  return kept;
}
