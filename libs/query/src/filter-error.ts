import { excerpt, StatusError, statusCodes } from "@sluice/errors";

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

/** What an answer repeats of the expression, to which clients' tests match; lists of 100 000 ids are common. */
const MAX_ECHO = 256;

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
  return excerpt(text, MAX_ECHO);
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
  let line = 1;
  let column = 0;
  for (let at = 0; at < offset; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) {
      line++;
      column = 0;
    } else if (code < 0xdc00 || code > 0xdfff || at === 0) column++; // The second half of a pair is no column of its own.
  }
  return { line, column };
}
