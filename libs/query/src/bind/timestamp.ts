import { excerpt } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { parseTimestamptz } from "@sluice/values";
import { FilterError } from "../filter-error.ts";
import type { ArithmeticNode, Comparison, Node } from "../parse/ast.ts";
import type { CalendarInterval, Predicate } from "../plan.ts";
import { type BindContext, type ColumnRef, fail, type Operand, placed, sourceOf } from "./context.ts";
import { intervalOf } from "./integer-interval.ts";
import { negated } from "./logic.ts";

const MICROS = 1_000_000n;
const duration = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** `ts + INTERVAL 'P1M'`. @throws {FilterError} */
export function bindShift(node: ArithmeticNode, left: Operand, text: string): Operand {
  if (node.op !== "+" && node.op !== "-") fail("an interval can only be added or subtracted", node);
  if (left.kind !== "column") return fail("an interval can only be added to a timestamptz field", node);
  checkTimestamp(left.column);
  const interval = placed(node.right, () => parseInterval(text));
  return { kind: "shifted", column: left.column, interval: node.op === "+" ? interval : opposite(interval), node };
}

/** `ts CMP ISO '...'`, with the field on the left. @throws {FilterError} */
export function bindMoment(
  op: Comparison,
  left: Operand,
  iso: Operand & { kind: "iso" },
  context: BindContext,
): Predicate {
  if (left.kind !== "column" && left.kind !== "shifted") {
    return fail(`'${sourceOf(left.node, context)}' is not a timestamptz field`, left.node);
  }
  checkTimestamp(left.column);
  const micros = placed(iso.node, () => parseMoment(iso.text, context.timezone));
  const { low, high } = intervalOf(op === "!=" ? "==" : op, micros);
  const interval = left.kind === "shifted" ? left.interval : { months: 0, days: 0, micros: 0n };
  const test = shiftedTest(left.column, interval, low, high);
  return op === "!=" ? negated(test) : test;
}

function shiftedTest(field: ColumnRef, interval: CalendarInterval, low: bigint, high: bigint): Predicate {
  if (interval.months !== 0) return { kind: "calendar", field, interval, low, high };
  // Days and hours have one length in UTC, so the interval moves to the other side.
  const shift = BigInt(interval.days) * 86_400n * MICROS + interval.micros;
  return { kind: "integer", field, low: low - shift, high: high - shift };
}

function checkTimestamp(column: ColumnRef): void {
  if (column.type !== DataType.Timestamptz) {
    const name = column.kind === "json" ? column.node.name : column.schema.name;
    fail(`field '${name}' is not a timestamptz datatype`, column.node);
  }
}

function parseMoment(text: string, timezone: string): bigint {
  try {
    return parseTimestamptz(text, timezone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const known = /^(invalid timestamp|UTC offset)/.test(cause.message);
    throw new FilterError(
      known ? cause.message : `invalid timestamp string: '${excerpt(text)}'. Does not match any known format`,
    );
  }
}

/** ISO 8601 durations without weeks and fractions. */
function parseInterval(text: string): CalendarInterval {
  const match = duration.exec(text);
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0));
  // A million years are beyond any timestamp; more digits would only lose exactness.
  const sane =
    match && !/[PT]$/.test(text) && [years, months, days, hours, minutes, seconds].every((part) => part < 1e12);
  if (!sane || years > 1e6 || months > 12e6 || days > 4e8)
    throw new FilterError(`invalid interval string: '${excerpt(text)}'`);
  return { months: 12 * years + months, days, micros: BigInt(3600 * hours + 60 * minutes + seconds) * MICROS };
}

function opposite({ months, days, micros }: CalendarInterval): CalendarInterval {
  return { months: -months, days: -days, micros: -micros };
}

/** @throws {FilterError} when the node is a moment where none may stand */
export function refuseMoment(operand: Operand): Node {
  if (operand.kind === "iso" || operand.kind === "interval") {
    fail(`${operand.kind.toUpperCase()} text can only be used with a timestamptz field`, operand.node);
  }
  return operand.node;
}
