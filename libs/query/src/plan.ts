import type { Token } from "@sluice/functions";
import type { DataType, FieldSchema } from "@sluice/schema";
import type { JsonPath, Place } from "@sluice/values";
import type { Constant } from "./constant.ts";
import type { DoubleList, IntegerList } from "./number-lists.ts";
import type { ArithmeticOperator, Comparison } from "./parse/ast.ts";
import type { SpatialRelation } from "./spatial/relations.ts";

/** A field by position in `schema.fields`, with its description. */
export interface FieldRef {
  readonly index: number;
  readonly schema: FieldSchema;
}

/** One side of a range; absent = unbounded. */
export interface StringBound {
  readonly value: string;
  readonly inclusive: boolean;
}

/** What may be asked of a JSON value or of an array's element. Constants are already cast to the element's type. */
export type ScalarTest =
  | { readonly kind: "compare"; readonly op: Comparison; readonly value: Constant }
  | { readonly kind: "both"; readonly first: ScalarTest; readonly second: ScalarTest }
  | { readonly kind: "in"; readonly values: readonly Constant[] }
  | { readonly kind: "like"; readonly pattern: string }
  /** Of JSON that is no text FALSE. */
  | { readonly kind: "regex"; readonly pattern: string }
  | {
      readonly kind: "arithmetic";
      readonly op: ArithmeticOperator;
      readonly operand: bigint | number;
      readonly compare: Comparison;
      readonly value: bigint | number;
    };

/** What may be asked of a list: a JSON array or a cell of an Array field. */
export type ListTest =
  | { readonly kind: "contains"; readonly mode: "any" | "all"; readonly values: readonly Constant[] }
  | { readonly kind: "length"; readonly op: Comparison; readonly value: bigint };

/** How many elements of a list must fulfil a condition. */
export type ElementCount =
  | { readonly kind: "any" | "all" }
  | { readonly kind: "least" | "most" | "exact"; readonly threshold: number };

/** Arithmetic on a floating-point column before it is compared. */
export interface FloatArithmetic {
  readonly op: ArithmeticOperator;
  readonly operand: number;
}

/** What is added to a time, in UTC: months by the calendar, a day too many goes over into the next one. */
export interface CalendarInterval {
  readonly months: number;
  readonly micros: bigint;
  readonly days: number;
}

/**
 * A typed expression. Each leaf is TRUE, FALSE or UNKNOWN for a row; UNKNOWN when the field is null, unless noted.
 * Intervals are closed; an empty one (low > high) is FALSE for every known row.
 */
export type Predicate =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "and" | "or"; readonly operands: readonly Predicate[] }
  | { readonly kind: "not"; readonly operand: Predicate }
  /** TRUE or FALSE, never UNKNOWN. */
  | { readonly kind: "isNull"; readonly field: FieldRef }
  /** `in []`: FALSE for all known rows. */
  | { readonly kind: "never"; readonly field: FieldRef }
  /** Bool (as 0 and 1), Int8-64, Timestamptz: low <= value <= high. Bounds may lie outside int64. */
  | { readonly kind: "integer"; readonly field: FieldRef; readonly low: bigint; readonly high: bigint }
  /** low <= (value op operand) <= high, for the operators that no interval can express: `%`, `&`, `|`, `^`. */
  | {
      readonly kind: "integerBits";
      readonly field: FieldRef;
      readonly op: ArithmeticOperator;
      readonly operand: bigint;
      readonly low: bigint;
      readonly high: bigint;
    }
  | {
      readonly kind: "float";
      readonly field: FieldRef;
      readonly low: number;
      readonly high: number;
      readonly arithmetic: FloatArithmetic | undefined;
    }
  | { readonly kind: "equalsString"; readonly field: FieldRef; readonly value: string }
  | {
      readonly kind: "stringRange";
      readonly field: FieldRef;
      readonly low: StringBound | undefined;
      readonly high: StringBound | undefined;
    }
  /** Values without duplicates, of the field's type (Bool as 0n and 1n; Float rounded to float32). Never empty. */
  | { readonly kind: "inIntegers"; readonly field: FieldRef; readonly values: IntegerList }
  | { readonly kind: "inFloats"; readonly field: FieldRef; readonly values: DoubleList }
  | { readonly kind: "inStrings"; readonly field: FieldRef; readonly values: readonly string[] }
  | { readonly kind: "like"; readonly field: FieldRef; readonly pattern: string }
  /** Texts in which a pattern of RE2 occurs. */
  | { readonly kind: "regex"; readonly field: FieldRef; readonly pattern: string }
  | { readonly kind: "columns"; readonly left: FieldRef; readonly op: Comparison; readonly right: FieldRef }
  /** TRUE or FALSE, never UNKNOWN. */
  | { readonly kind: "exists"; readonly field: FieldRef; readonly path: JsonPath }
  | { readonly kind: "json"; readonly field: FieldRef; readonly path: JsonPath; readonly test: ScalarTest }
  | { readonly kind: "jsonList"; readonly field: FieldRef; readonly path: JsonPath; readonly test: ListTest }
  /** UNKNOWN also when the array is not longer than `index`. */
  | { readonly kind: "element"; readonly field: FieldRef; readonly index: number; readonly test: ScalarTest }
  | { readonly kind: "arrayEquals"; readonly field: FieldRef; readonly values: readonly Constant[] }
  | { readonly kind: "array"; readonly field: FieldRef; readonly test: ListTest }
  /** value shifted by the interval, then compared; microseconds since 1970 UTC. */
  | {
      readonly kind: "calendar";
      readonly field: FieldRef;
      readonly interval: CalendarInterval;
      readonly low: bigint;
      readonly high: bigint;
    }
  | {
      readonly kind: "textMatch";
      readonly field: FieldRef;
      readonly tokens: readonly string[];
      readonly atLeast: number;
      /** Changes of a character that a token of the text may be away from one of these. */
      readonly distance: number;
    }
  | { readonly kind: "phrase"; readonly field: FieldRef; readonly tokens: readonly Token[]; readonly slop: number }
  /** Geometries at most so far from a place; empty ones are not. */
  | { readonly kind: "nearPlace"; readonly field: FieldRef; readonly place: Place; readonly metres: number }
  /** A condition on elements of a struct array; its fields are those of one element. UNKNOWN where the array is null. */
  | {
      readonly kind: "elements";
      readonly members: readonly { readonly element: FieldRef; readonly field: FieldRef }[];
      readonly inner: Predicate;
      readonly test: ElementCount;
    }
  /** What the row's geometry is to a given one. */
  | { readonly kind: "spatial"; readonly field: FieldRef; readonly relation: SpatialRelation; readonly wkb: Uint8Array }
  /** Geometries that are valid as OGC has it. */
  | { readonly kind: "validGeometry"; readonly field: FieldRef };

/** The element type of an Array field, as a scalar type. */
export function elementType(field: FieldRef): DataType {
  return field.schema.elementType;
}
