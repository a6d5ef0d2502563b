import { malformed } from "./malformed.ts";

/** JSON with every integer as a bigint: keys and timestamps pass 2^53. */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** A JSON object, members by name. */
export type ExactObject = Readonly<Record<string, ExactJson>>;

/** The reviver's third argument, which the library types do not know yet. Source: ECMAScript "JSON.parse source text access". */
type SourceReviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver: SourceReviver) => ExactJson;

const isInteger = /^-?\d+$/;

/** @param what names the text in messages. @throws {ImportError} `malformed_file` */
export function parseExactJson(text: string, what: string): ExactJson {
  try {
    return parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined && isInteger.test(source) ? BigInt(source) : value,
    );
  } catch (error) {
    throw malformed(`${what} is no JSON: ${(error as Error).message}`);
  }
}

/** Neither null nor an array. */
export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
