import {
  firstMember,
  isIntegerText,
  jsonKindAt,
  listLength,
  nextMember,
  readJsonNumber,
  skipValue,
} from "@sluice/values";
import { compareOrdered, doubleArithmetic, integerArithmetic, isBitwise, matches } from "../bind/fold.ts";
import { type Constant, isList, utf8 } from "../constant.ts";
import { LikeMatcher } from "../like.ts";
import type { Comparison } from "../parse/ast.ts";
import type { ListTest, ScalarTest } from "../plan.ts";
import { RegexMatcher } from "../regex/regex-matcher.ts";
import { compareBytes } from "./byte-set.ts";
import { jsonBytes } from "./json-strings.ts";
import { jsonEquals, LiteralMatcher } from "./literal-matcher.ts";
import { FALSE, TRUE, type Truth, truthOf, UNKNOWN } from "./selector.ts";

/** What a test says of the JSON value at `at`; `at` is -1 when the path leads nowhere. */
export type JsonTest = (data: Uint8Array, at: number, end: number) => Truth;

/** A value of another type than the literal's is neither equal nor different: UNKNOWN. */
export function scalarTest(test: ScalarTest): JsonTest {
  switch (test.kind) {
    case "compare":
      return compareTest(test.op, test.value);
    case "both":
      return bothTest(scalarTest(test.first), scalarTest(test.second));
    case "in":
      return memberTest(new LiteralMatcher(test.values));
    case "like":
      return textTest(new LikeMatcher(test.pattern), UNKNOWN);
    case "regex":
      return textTest(new RegexMatcher(test.pattern), FALSE);
    case "arithmetic":
      return arithmeticTest(test);
  }
}

function compareTest(op: Comparison, literal: Constant): JsonTest {
  if (isList(literal)) return compareListTest(op, literal);
  if (typeof literal === "string") return compareTextTest(op, utf8(literal));
  if (typeof literal === "boolean") {
    const number = Number(literal);
    return (data, at) => {
      if (at < 0 || jsonKindAt(data, at) !== "bool") return UNKNOWN;
      return truthOf(compareOrdered(op, data[at] === 0x74 ? 1 : 0, number));
    };
  }
  return compareNumberTest(op, literal);
}

/** An integer literal is compared by exact value with any number, a float literal as double. */
function compareNumberTest(op: Comparison, literal: bigint | number): JsonTest {
  const isFloat = typeof literal === "number";
  // As a double where that is exact, which is nearly always: mixed comparisons are slow.
  const plain = isFloat || BigInt(Number(literal)) !== literal ? literal : Number(literal);
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "number") return UNKNOWN;
    const value = readJsonNumber(data, at, skipValue(data, at, end));
    return truthOf(compareOrdered(op, isFloat ? Number(value) : value, plain));
  };
}

function compareTextTest(op: Comparison, literal: Uint8Array): JsonTest {
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "string") return UNKNOWN;
    const text = jsonBytes(data, at, end);
    return truthOf(matches(op, compareBytes(text.data, text.start, text.end, literal)));
  };
}

/** Lists are equal or not; no order is defined, and Milvus answers FALSE to one, whatever the value. */
function compareListTest(op: Comparison, literal: readonly Constant[]): JsonTest {
  if (op !== "==" && op !== "!=") return () => FALSE;
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "list") return UNKNOWN;
    return truthOf(jsonEquals(data, at, end, literal) === (op === "=="));
  };
}

function bothTest(first: JsonTest, second: JsonTest): JsonTest {
  return (data, at, end) => {
    const one = first(data, at, end);
    if (one === FALSE) return FALSE;
    const two = second(data, at, end);
    return two === FALSE ? FALSE : one === UNKNOWN ? UNKNOWN : two;
  };
}

/** OR over the kinds: with literals of several kinds, a value always leaves one of the comparisons UNKNOWN. */
function memberTest(matcher: LiteralMatcher): JsonTest {
  return (data, at, end) => {
    if (at < 0) return UNKNOWN;
    matcher.reset();
    matcher.feed(data, at, end);
    if (matcher.matched > 0) return TRUE;
    return matcher.kinds.size === 1 && matcher.kinds.has(jsonKindAt(data, at)) ? FALSE : UNKNOWN;
  };
}

/** @param otherwise of what is no text, or is not there */
function textTest(matcher: LikeMatcher | RegexMatcher, otherwise: Truth): JsonTest {
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "string") return otherwise;
    const text = jsonBytes(data, at, end);
    return truthOf(matcher.matches(text.data, text.start, text.end));
  };
}

/** Exact when everything is an integer; else in doubles. Bits of a number that is no integer are UNKNOWN. */
function arithmeticTest({ op, operand, compare, value }: Extract<ScalarTest, { kind: "arithmetic" }>): JsonTest {
  const exact = typeof operand === "bigint" && (typeof value === "bigint" || isBitwise(op));
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "number") return UNKNOWN;
    const stop = skipValue(data, at, end);
    const number = readJsonNumber(data, at, stop);
    if (exact && isIntegerText(data, at, stop)) {
      return truthOf(compareOrdered(compare, integerArithmetic(op, BigInt(number), operand), value));
    }
    if (isBitwise(op)) return UNKNOWN;
    return truthOf(compareOrdered(compare, doubleArithmetic(op, Number(number), Number(operand)), Number(value)));
  };
}

/** UNKNOWN where the path leads nowhere or to something else than a list. */
export function listTest(test: ListTest): JsonTest {
  if (test.kind === "contains") return containsTest(new LiteralMatcher(test.values), test.mode);
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "list") return UNKNOWN;
    return truthOf(compareOrdered(test.op, listLength(data, at, end), test.value));
  };
}

function containsTest(matcher: LiteralMatcher, mode: "any" | "all"): JsonTest {
  const enough = mode === "any" ? 1 : matcher.size;
  return (data, at, end) => {
    if (at < 0 || jsonKindAt(data, at) !== "list") return UNKNOWN;
    matcher.reset();
    let element = firstMember(data, at, end);
    while (element < end && matcher.matched < enough) {
      matcher.feed(data, element, end);
      element = nextMember(data, element, end);
    }
    return truthOf(matcher.matched >= enough);
  };
}
