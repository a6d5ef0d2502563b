import { ImportError } from "@sluice/errors";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { NEEDS_MORE, SENTINEL_BYTES, skipMark } from "../file-windows.ts";
import { Scanner } from "./scanner.ts";

/** Bytes from the start of a file that its shape is told by. */
export const SHAPE_BYTES = 256 << 10;

/** How rows lie in a JSON text. */
export type JsonShape =
  /** One object a line. */
  | "lines"
  /** Objects one after the other, over several lines each. */
  | "objects"
  /** A list of objects, alone or as `{"rows": […]}`. */
  | "document";

const [OPEN_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x5b, 0x5d];
const [COMMA, LINE_FEED] = [0x2c, 0x0a];

export interface ShapeInput {
  readonly path: string;
  /** The first `SHAPE_BYTES` of the file, or all of it. */
  readonly head: Uint8Array;
  readonly isWhole: boolean;
  /** Its name says that it has lines: what can be either is taken for them. */
  readonly isNamedLines: boolean;
  /** Absent where a file is looked at without a collection. */
  readonly plan?: FieldPlan;
}

/**
 * Tells the shape by the content, since DuckDB, Spark and BigQuery write lines into files named `.json`. What is no JSON is left
 * to the reader of the shape that the name promises: it has the words.
 */
export function tellShape(input: ShapeInput): JsonShape {
  const scanner = scannerOf(input);
  const at = scanner.blanks(skipMark(scanner.window, 0));
  const promised = input.isNamedLines ? "lines" : "document";
  // Nothing but blanks is no row, whatever the name.
  if (at >= scanner.end && input.isWhole) return "lines";
  if (scanner.bytes[at] === OPEN_LIST) return input.isNamedLines ? shapeOfList(scanner, at) : "document";
  return scanner.bytes[at] === OPEN_OBJECT ? shapeOfObject(scanner, at, input) : promised;
}

/** Where lines are promised, a list behind which more comes is a bad line. */
function shapeOfList(scanner: Scanner, p: number): JsonShape {
  const end = told(() => scanner.skipValue(p));
  const isAll = typeof end === "number" && told(() => scanner.blanks(end)) === scanner.end;
  const first = told(() => scanner.bytes[scanner.blanks(p + 1)]);
  return (isAll || typeof end !== "number") && (first === OPEN_OBJECT || first === CLOSE_LIST) ? "document" : "lines";
}

function shapeOfObject(scanner: Scanner, p: number, { plan, isNamedLines }: ShapeInput): JsonShape {
  const key = told(() => firstKey(scanner, p));
  const isRow = typeof key === "object" && plan !== undefined && plan.target(key.name).kind !== "extra";
  if (typeof key === "object" && key.name.toLowerCase() === "rows" && key.isList && !isRow) return "document";
  const end = told(() => scanner.skipValue(p));
  if (end === "broken") return isNamedLines || isRow ? "lines" : "document";
  const next = end === "cut" ? undefined : told(() => nextObject(scanner, end));
  const hasNext = typeof next === "number" && scanner.bytes[next] === OPEN_OBJECT;
  if (!hasNext && !isNamedLines && !isRow) return "document";
  const isOneLine = !scanner.bytes.subarray(p, end === "cut" ? scanner.end : end).includes(LINE_FEED);
  // Two on a line are no lines, either; but where the name promises them, it is that line that is bad.
  const isApart = !hasNext || isNamedLines || scanner.bytes.subarray(end as number, next).includes(LINE_FEED);
  return isOneLine && isApart ? "lines" : "objects";
}

/** The name of the first key, and whether a list stands there. */
function firstKey(scanner: Scanner, p: number): { readonly name: string; readonly isList: boolean } {
  const key = scanner.blanks(p + 1);
  const end = scanner.keyEnd(key);
  return { name: scanner.textOf(key, end), isList: scanner.bytes[scanner.colon(end)] === OPEN_LIST };
}

/** Where another object would begin behind the first one: then that was a row. */
function nextObject(scanner: Scanner, end: number): number {
  const at = scanner.blanks(end);
  return scanner.bytes[at] === COMMA ? scanner.blanks(at + 1) : at;
}

/** What is read, unless the head ends before (`cut`), or it is no JSON (`broken`). */
function told<T>(read: () => T): T | "cut" | "broken" {
  try {
    return read();
  } catch (error) {
    if (error === NEEDS_MORE) return "cut";
    if (error instanceof ImportError) return "broken";
    throw error;
  }
}

/** A window of the head alone. */
function scannerOf({ path, head, isWhole }: ShapeInput): Scanner {
  const bytes = new Uint8Array(head.length + SENTINEL_BYTES);
  bytes.set(head);
  const scanner = new Scanner(path);
  const view = new DataView(bytes.buffer);
  scanner.open({ bytes, view, begin: 0, end: head.length, base: 0, isLast: isWhole, isUtf8: true });
  return scanner;
}
