import { excerpt } from "@sluice/errors";
import type { common } from "@sluice/rpc";
import { checkPairs } from "./check-sizes.ts";
import { type Pairs, toPairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";

/** The parameters of a CreateIndex request. */
export interface IndexParams {
  /** As sent, in order; without a `params` that holds nothing. */
  readonly sent: Pairs;
  /** Every parameter by its name, also those that came inside `params`. */
  readonly flat: ReadonlyMap<string, string>;
}

/** A number of JSON text in the digits it was written with. */
class WrittenNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): number {
    return Number(this.text);
  }
}

/**
 * Parameters come as pairs of their own, as one pair `params` with JSON text, or both, depending on the client.
 * @throws {StatusError} 1100 for a parameter that is given twice, or a `params` that is no JSON object
 */
export function parseIndexParams(extra: readonly common.KeyValuePair[]): IndexParams {
  const flat = new Map<string, string>();
  checkPairs(toPairs(extra), "index params");
  const sent = toPairs(extra).filter(([key, value]) => key !== "params" || value.trim() !== "");
  for (const [key, value] of sent.flatMap(expand)) {
    if (flat.has(key)) throw invalid(`duplicated index param (key=${excerpt(key)}) (value=${excerpt(value)}) found`);
    flat.set(key, value);
  }
  return { sent, flat };
}

function expand([key, value]: Pairs[number]): Pairs {
  if (key !== "params") return [[key, value]];
  return Object.entries(parseObject(value)).map(([name, inner]) => [name, textOf(inner)] as const);
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text, (_key, inner: unknown, context?: { readonly source?: string }) =>
      typeof inner === "number" ? new WrittenNumber(context?.source ?? String(inner)) : inner,
    );
    if (value === null) return {};
    if (typeof value === "object" && !Array.isArray(value) && !(value instanceof WrittenNumber)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid(`the index param "params" must be a JSON object, got ${excerpt(text)}`);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof WrittenNumber ? value.text : JSON.stringify(value);
}
