import type { FieldPlan } from "../../plan/field-plan.ts";
import { skipMark } from "../file-windows.ts";
import { shapeOfDocument, shapeOfList } from "./document-shape.ts";
import { type FileHead, type HeadMember, headScanner, membersAt, told } from "./head-scanner.ts";
import { type JsonShape, listDocument, rowsDocument } from "./json-shape.ts";
import { shapeOfListLines } from "./list-lines.ts";
import { isNumberStart } from "./numbers.ts";
import type { Scanner } from "./scanner.ts";

/** Bytes from the start of a file that its shape is told by. */
export const SHAPE_BYTES = 256 << 10;

const [OPEN_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x5b, 0x5d];
const [COMMA, LINE_FEED] = [0x2c, 0x0a];

/** What is known of a file when its shape is told. */
export interface ShapeInput extends FileHead {
  /** Its name says that it has lines: what can be either is taken for them. */
  readonly isNamedLines: boolean;
  /** Absent where a file is looked at without a collection. */
  readonly plan?: FieldPlan;
  /** What leads to values, where there is no plan: source paths, and fields. */
  readonly mapping?: ReadonlyMap<string, string>;
}

/**
 * Tells the shape by the content, since DuckDB, Spark and BigQuery write lines into files named `.json`. What is no JSON is left
 * to the reader of the shape that the name promises: it has the words.
 */
export function tellShape(input: ShapeInput): JsonShape {
  const scanner = headScanner(input);
  const at = scanner.blanks(skipMark(scanner.window, 0));
  // Nothing but blanks is no row, whatever the name.
  if (at >= scanner.end && input.isWhole) return { kind: "lines" };
  if (scanner.bytes[at] === OPEN_OBJECT) return shapeOfObject(scanner, at, input);
  if (scanner.bytes[at] !== OPEN_LIST) return input.isNamedLines ? { kind: "lines" } : listDocument;
  const lines = shapeOfListLines(scanner, at, input.plan);
  if (lines) return lines;
  return isLineOfList(scanner, at, input) ? { kind: "lines" } : shapeOfList(scanner, at, input.plan);
}

/** Where lines are promised, a list behind which more comes is a bad line. */
function isLineOfList(scanner: Scanner, p: number, { isNamedLines }: ShapeInput): boolean {
  const end = told(() => scanner.skipValue(p));
  const isAll = typeof end === "number" && told(() => scanner.blanks(end)) === scanner.end;
  const first = told(() => scanner.bytes[scanner.blanks(p + 1)]);
  const holdsRows = first === OPEN_OBJECT || first === OPEN_LIST || first === CLOSE_LIST;
  return isNamedLines && (!holdsRows || (typeof end === "number" && !isAll));
}

function shapeOfObject(scanner: Scanner, p: number, input: ShapeInput): JsonShape {
  const { plan, isNamedLines } = input;
  const [first] = membersAt(scanner, p);
  const isRow = first !== undefined && plan !== undefined && plan.target(first.name).kind !== "extra";
  const isRows = first?.name.toLowerCase() === "rows" && scanner.bytes[first.value] === OPEN_LIST;
  if (isRows && !isRow) return { ...rowsDocument, isAllRows: true };
  const end = told(() => scanner.skipValue(p));
  if (end === "broken" && isNamedLines) return { kind: "lines" };
  const next = typeof end === "string" ? undefined : told(() => nextObject(scanner, end));
  const hasNext = typeof next === "number" && scanner.bytes[next] === OPEN_OBJECT;
  // MongoDB's values are objects, as columns may be, and its exports have rows.
  const document = hasNext || plan?.options.extendedJson ? undefined : shapeOfDocument(scanner, p, plan, input.mapping);
  if (document) return document;
  if (end === "broken" && isRow) return { kind: "lines" };
  if (!hasNext && !isNamedLines && !isRow && !isOnlyRow(scanner, p, end, input)) return rowsDocument;
  const isOneLine = !scanner.bytes.subarray(p, typeof end === "string" ? scanner.end : end).includes(LINE_FEED);
  // Two on a line are no lines, either; but where the name promises them, it is that line that is bad.
  const isApart = !hasNext || isNamedLines || scanner.bytes.subarray(end as number, next).includes(LINE_FEED);
  return { kind: isOneLine && isApart ? "lines" : "objects" };
}

/**
 * Whether an object that is the whole file is a row: it has a field, or, without a collection, a vector or values alone. Answers of
 * servers have values around the list of their rows.
 */
function isOnlyRow(scanner: Scanner, p: number, end: number | "cut" | "broken", { plan }: ShapeInput): boolean {
  if (typeof end === "string") return false;
  const members = membersAt(scanner, p);
  if (plan) return members.some(({ name }) => plan.target(name).kind !== "extra");
  const isList = ({ value }: HeadMember) => scanner.bytes[value] === OPEN_LIST;
  const firstOf = ({ value }: HeadMember) => scanner.bytes[scanner.blanks(value + 1)];
  const isObject = ({ value }: HeadMember) => scanner.bytes[value] === OPEN_OBJECT;
  const isVector = (member: HeadMember) => isList(member) && isNumberStart(firstOf(member));
  if (members.some((member) => isList(member) && firstOf(member) === OPEN_OBJECT)) return false;
  return members.some(isVector) || (members.length > 0 && !members.some(isObject));
}

/** Where another object would begin behind the first one: then that was a row. */
function nextObject(scanner: Scanner, end: number): number {
  const at = scanner.blanks(end);
  return scanner.bytes[at] === COMMA ? scanner.blanks(at + 1) : at;
}
