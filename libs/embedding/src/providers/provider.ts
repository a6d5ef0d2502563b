import type { DataType } from "@sluice/schema";

/** What texts are embedded for: models that tell rows from questions give other vectors for each. */
export type Purpose = "rows" | "search";

/** A function's parameters, by names in lower case. */
export type ModelParams = Readonly<Record<string, string>>;

/** How a kind of service is asked for vectors. Pure: what a request is like, and where vectors stand in its answer. */
export interface Provider {
  /** Texts of one request. */
  readonly maxTexts: (params: ModelParams) => number;
  /** Requests without a key are refused by it, whatever they ask. */
  readonly needsKey: boolean;
  /** Types of vectors that it gives. */
  readonly outputs: readonly DataType[];
  /** Where requests go. @throws {ModelParamError} when the function does not say, and must */
  readonly url: (params: ModelParams) => string;
  readonly headers: (key: string) => Readonly<Record<string, string>>;
  /** What is sent, as JSON. @throws {ModelParamError} */
  readonly body: (texts: readonly string[], purpose: Purpose, params: ModelParams, output: DataType) => unknown;
  /** The list of vectors in an answer, in the order of the texts; anything else where the answer is of another form. */
  readonly vectors: (answer: unknown, output: DataType) => unknown;
}

/** What a function's parameters say wrongly, or leave out. */
export class ModelParamError extends Error {}

/** @throws {ModelParamError} */
export function modelOf({ model_name: name }: ModelParams): string {
  if (name) return name;
  throw new ModelParamError("param model_name is missing: name the model that the provider has");
}

/** As most providers take keys. */
export function bearer(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` };
}

/** A member of an answer; undefined where there is none. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Of a list of objects the member `name` of each, by the number that each says it has, where it says one. */
export function membersOf(list: unknown, name: string, place: string): unknown {
  if (!Array.isArray(list)) return undefined;
  const placed: unknown[] = new Array(list.length).fill(undefined);
  for (const [i, one] of list.entries()) {
    const at = memberOf(one, place);
    placed[typeof at === "number" ? at : i] = memberOf(one, name);
  }
  return placed;
}
