import { StatusError, statusCodes } from "@sluice/errors";

/**
 * Why an expression is refused. `message` is the cause alone, in Milvus's words where Milvus has any; `offset` says where
 * in the text (UTF-16 units), or is undefined when the cause names its place itself or concerns the whole text.
 */
export class FilterError extends Error {
  readonly offset: number | undefined;
  constructor(cause: string, offset?: number) {
    super(cause);
    this.name = "FilterError";
    this.offset = offset;
  }
}

/** Longest piece of the expression that an answer repeats: lists of 100 000 ids are common. */
const MAX_ECHO = 4096;

/** The status that clients see. Tests of Milvus's clients match parts of this text; the place is ours and stands after the cause. */
export function planError(text: string, error: FilterError, purpose: "query" | "delete"): StatusError {
  const place = error.offset === undefined ? "" : ` ${describePlace(text, error.offset)}`;
  const reason = `failed to create ${purpose} plan: cannot parse expression: ${echo(text)}: ${error.message}${place}`;
  return new StatusError(statusCodes.invalidParameter, `${reason}: query plan failed: invalid parameter`, {
    cause: error,
  });
}

/** The text as an answer repeats it: whole, or its beginning. */
export function echo(text: string): string {
  return text.length <= MAX_ECHO ? text : `${text.slice(0, MAX_ECHO).toWellFormed()}...`;
}

/** `line 1:14`: lines from 1, columns in code points from 0, as ANTLR counts them. */
export function lineAndColumn(text: string, offset: number): string {
  const { line, column } = locate(text, offset);
  return `line ${line}:${column}`;
}

function describePlace(text: string, offset: number): string {
  const { line, column } = locate(text, offset);
  return line === 1 ? `at column ${column}` : `at line ${line} column ${column}`;
}

function locate(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: [...before.slice(lineStart)].length };
}
