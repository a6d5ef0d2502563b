import { type VarColumn, varValue } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { decodeArrayCell } from "@sluice/values";
import { compareOrdered, doubleArithmetic, integerArithmetic, matches } from "../bind/fold.ts";
import { type Constant, compareStrings, utf8 } from "../constant.ts";
import { LikeMatcher } from "../like.ts";
import { elementType, type FieldRef, type ListTest, type Predicate, type ScalarTest } from "../plan.ts";
import { RegexMatcher } from "../regex/regex-matcher.ts";
import { PlainValues } from "./plain-values.ts";
import { dropNulls, FALSE, type Selector, TRUE, type Truth, truthOf, UNKNOWN, varColumn } from "./selector.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;
/** Bool: boolean. Int8-32, Float, Double: number. Int64: bigint. VarChar: string. */
type Element = bigint | number | boolean | string;
type ElementTest = (element: Element) => boolean;

/** One element of an array by its index; beyond the end it is UNKNOWN. */
export function elementSelector({ field, index, test }: Leaf<"element">, wanted: boolean): Selector {
  const passes = elementTest(test, elementType(field));
  return cellSelector(field, (cell) => (index < cell.length ? truthOf(passes(cell[index])) : UNKNOWN), wanted);
}

/** Arrays of the same length with equal elements in the same order. */
export function arrayEqualsSelector({ field, values }: Leaf<"arrayEquals">, wanted: boolean): Selector {
  const wantedValues = values.map((value) => normalElement(value as Element));
  const test = (cell: readonly Element[]) =>
    truthOf(
      cell.length === wantedValues.length && cell.every((element, i) => normalElement(element) === wantedValues[i]),
    );
  return cellSelector(field, test, wanted);
}

/** What is asked of an array as a whole: its length, and what it contains. */
export function arraySelector({ field, test }: Leaf<"array">, wanted: boolean): Selector {
  return cellSelector(field, cellTest(test), wanted);
}

function cellTest(test: ListTest): (cell: readonly Element[]) => Truth {
  if (test.kind === "length") return (cell) => truthOf(compareOrdered(test.op, cell.length, test.value));
  const values = new ElementNumbers(test.values);
  if (test.mode === "any") return (cell) => truthOf(cell.some((element) => values.of(element) >= 0));
  return (cell) => {
    const found = new Set(cell.map((element) => values.of(element)));
    found.delete(-1);
    return truthOf(found.size === values.size);
  };
}

/** Numbers the different values of a list, which are of one type. */
class ElementNumbers {
  readonly size: number;
  readonly #plain: PlainValues;
  readonly #strings: ReadonlyMap<string, number>;

  constructor(values: readonly Constant[]) {
    const strings = new Set(values.filter((value) => typeof value === "string"));
    this.#strings = new Map([...strings].map((text, number) => [text, number]));
    this.#plain = new PlainValues(values);
    this.size = this.#plain.size + strings.size;
  }

  /** -1: none of them. */
  of(element: Element): number {
    return typeof element === "string" ? (this.#strings.get(element) ?? -1) : this.#plain.indexOf(element);
  }
}

/** Equal values by one form: an integer that a double holds exactly is a number, whatever its type; -0 is 0. */
function normalElement(element: Element): Element {
  if (typeof element === "number") return element + 0;
  if (typeof element !== "bigint") return element;
  const number = Number(element);
  return Number.isSafeInteger(number) ? number : element;
}

/** Keeps the known rows whose array, decoded, passes. */
function cellSelector(field: FieldRef, test: (cell: readonly Element[]) => Truth, wanted: boolean): Selector {
  const truth = wanted ? TRUE : FALSE;
  const type = elementType(field);
  return (batch, rows, count) => {
    const column: VarColumn = varColumn(batch, field);
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      if (test(decodeArrayCell(type, varValue(column, row))) === truth) rows[kept++] = row;
    }
    return kept;
  };
}

function elementTest(test: ScalarTest, type: DataType): ElementTest {
  switch (test.kind) {
    case "compare":
      return compareTest(test.op, test.value);
    case "both": {
      const [first, second] = [elementTest(test.first, type), elementTest(test.second, type)];
      return (element) => first(element) && second(element);
    }
    case "in": {
      const values = new ElementNumbers(test.values);
      return (element) => values.of(element) >= 0;
    }
    case "like":
    case "regex": {
      const matcher = test.kind === "like" ? new LikeMatcher(test.pattern) : new RegexMatcher(test.pattern);
      return (element) => {
        const bytes = utf8(element as string);
        return matcher.matches(bytes, 0, bytes.length);
      };
    }
    case "arithmetic":
      return arithmeticTest(test, type);
  }
}

function compareTest(op: Extract<ScalarTest, { kind: "compare" }>["op"], value: Constant): ElementTest {
  if (typeof value === "string") return (element) => matches(op, compareStrings(element as string, value));
  const literal = typeof value === "boolean" ? Number(value) : (value as bigint | number);
  return (element) =>
    compareOrdered(op, typeof element === "boolean" ? Number(element) : (element as bigint | number), literal);
}

function arithmeticTest(
  { op, operand, compare, value }: Extract<ScalarTest, { kind: "arithmetic" }>,
  type: DataType,
): ElementTest {
  if (typeof operand === "bigint") {
    return (element) =>
      compareOrdered(compare, integerArithmetic(op, BigInt(element as bigint | number), operand), value);
  }
  return (element) => {
    const result = doubleArithmetic(op, element as number, operand);
    return compareOrdered(compare, type === DataType.Float ? Math.fround(result) : result, value);
  };
}
