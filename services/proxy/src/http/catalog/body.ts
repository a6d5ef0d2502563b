import { StatusError } from "@sluice/errors";
import type { common } from "@sluice/rpc";
import { isExact, parseWithBigInts } from "@sluice/values";
import type { FastifyRequest } from "fastify";
import { restCodes } from "../rest-codes.ts";
import { memberOf } from "../routes/fold-keys.ts";

/** The body of a request, whose members have the types that are asked for. */
export class Body {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #exactly: () => unknown;

  /** @param exactly the same body with bigints for integers that no number holds */
  constructor(
    { body = {}, bodyText }: Pick<FastifyRequest, "body" | "bodyText">,
    exactly: () => unknown = () => (bodyText === undefined ? body : parseWithBigInts(bodyText)),
  ) {
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw malformed("the body is no object");
    this.#members = body as Record<string, unknown>;
    this.#exactly = exactly;
  }

  /** A text; null and absent are "". @throws {StatusError} 1801 for another type */
  text(name: string): string {
    const value = memberOf(this.#members, name) ?? "";
    if (typeof value !== "string") throw wrongType(name, "a text");
    return value;
  }

  /** @throws {StatusError} 1802 for an empty one */
  required(name: string): string {
    const value = this.text(name);
    if (value === "") throw missing(name);
    return value;
  }

  /** Empty where it is absent or null. @throws {StatusError} 1801 */
  texts(name: string): string[] {
    const value = memberOf(this.#members, name) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw wrongType(name, "a list of texts");
  }

  /** Empty where it is absent or null. @throws {StatusError} 1801 */
  list(name: string): unknown[] {
    const value = memberOf(this.#members, name) ?? [];
    if (Array.isArray(value)) return value;
    throw wrongType(name, "a list");
  }

  /** Whole numbers, also as text. */
  integer(name: string, otherwise: number): number {
    const value = memberOf(this.#members, name) ?? otherwise;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isSafeInteger(number)) return number;
    throw wrongType(name, "a whole number");
  }

  /** Also as text, which some clients send. @throws {StatusError} 1801 */
  flag(name: string, otherwise: boolean): boolean {
    const value = memberOf(this.#members, name) ?? otherwise;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw wrongType(name, "true or false");
  }

  /** Empty where it is absent or null. @throws {StatusError} 1801 */
  object(name: string): Readonly<Record<string, unknown>> {
    const value = memberOf(this.#members, name) ?? {};
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    throw wrongType(name, "an object");
  }

  /** A value of any type. */
  raw(name: string): unknown {
    return memberOf(this.#members, name);
  }

  /** A value of any type, with bigints for integers that no number holds. */
  exact(name: string): unknown {
    const value = this.raw(name);
    return isExact(value) ? value : memberOf(this.#exactly() as Record<string, unknown>, name);
  }

  /** Null counts as absent. */
  has(name: string): boolean {
    return memberOf(this.#members, name) !== undefined && memberOf(this.#members, name) !== null;
  }

  /** The body itself, which has this member. @throws {StatusError} 1802 where it has not */
  given(name: string): this {
    if (!this.has(name)) throw missing(name);
    return this;
  }

  /** A member that is a body of its own. */
  inner(name: string): Body {
    const exactly = () => memberOf(this.#exactly() as Record<string, unknown>, name);
    return new Body({ body: this.object(name) }, exactly);
  }

  /** @throws {StatusError} 1802 where there is none */
  innerRequired(name: string): Body {
    return this.given(name).inner(name);
  }

  /** Each object of a list, with its own exact integers. @throws {StatusError} 1801 */
  bodies(name: string): Body[] {
    const exactly = () => memberOf(this.#exactly() as Record<string, unknown>, name) as unknown[];
    return this.list(name).map((body, i) => new Body({ body }, () => exactly()[i]));
  }

  /** Pairs of an object: text as it is, other values as their JSON. */
  pairs(name: string): common.KeyValuePair[] {
    return pairsOf(this.object(name));
  }
}

/** Values that are no text become JSON. */
export function pairsOf(object: Readonly<Record<string, unknown>>): common.KeyValuePair[] {
  return Object.entries(object).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

/** Code 1802, in Milvus's words. */
export function missing(name: string): StatusError {
  return new StatusError(restCodes.missingParameter, `missing required parameters, error: ${name} is required`);
}

/** Code 1801. @param expected of the value, as `a list` */
export function wrongType(name: string, expected: string): StatusError {
  return malformed(`the type of ${name} is wrong: it must be ${expected}`);
}

function malformed(why: string): StatusError {
  return new StatusError(restCodes.malformedBody, `can only accept json format request, error: ${why}`);
}
