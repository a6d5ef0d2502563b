import { excerpt } from "@sluice/errors";
import type { schema } from "@sluice/rpc";
import { type CollectionSchema, DataType, dataTypeName, fieldIndex } from "@sluice/schema";
import { refuse } from "./metrics.ts";

// Scores that fade with the distance of a number from an origin. Source: Milvus, internal/util/function/rerank/decay_function.go.

/** What the scores that several searches give one row make of it. */
export type Merge = "sum" | "max" | "avg";

/** How a field of numbers weighs the scores of hits. */
export interface Decay {
  /** Position of the field. */
  readonly field: number;
  /** Between 0 and 1, by a value of the field. */
  readonly weight: (value: number) => number;
  readonly merge: Merge;
  /** Whether scores come between 0 and 1 before they are weighed. */
  readonly isNormed: boolean;
}

/** What is left at a distance; `decay` of it at the distance `scale`. */
type Curve = (distance: number, scale: number, decay: number) => number;

const curves: ReadonlyMap<string, Curve> = new Map<string, Curve>([
  ["gauss", (distance, scale, decay) => Math.exp((distance * distance * Math.log(decay)) / (scale * scale))],
  ["exp", (distance, scale, decay) => Math.exp((distance * Math.log(decay)) / scale)],
  ["linear", (distance, scale, decay) => Math.max(decay, 1 - (distance * (1 - decay)) / scale)],
]);
const merges: readonly Merge[] = ["max", "sum", "avg"];
const numeric: readonly DataType[] = [
  ...[DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Float, DataType.Double],
];

/** @throws {StatusError} 1100, in Milvus's words */
export function decayOf(ranker: schema.FunctionSchema, collection: CollectionSchema): Decay {
  const params = new Map(ranker.params.map(({ key, value }) => [key.toLowerCase(), value]));
  const origin = number(params, "origin");
  const scale = number(params, "scale");
  const offset = number(params, "offset", 0);
  const decay = number(params, "decay", 0.5);
  if (scale <= 0) refuse(`decay function param: scale must > 0, but got ${scale}: invalid parameter`);
  if (offset < 0) refuse(`decay function param: offset must >= 0, but got ${offset}: invalid parameter`);
  if (decay <= 0 || decay >= 1)
    refuse(`decay function param: decay must 0 < decay < 1, but got ${decay}: invalid parameter`);
  const curve = curveOf(params.get("function") ?? "");
  const weight = (value: number) => curve(Math.max(0, Math.abs(value - origin) - offset), scale, decay);
  return { field: inputOf(ranker, collection), weight, merge: mergeOf(params), isNormed: isNormed(params) };
}

function number(params: ReadonlyMap<string, string>, name: string, otherwise?: number): number {
  const text = params.get(name);
  if (text === undefined) return otherwise ?? refuse(`decay function lost param: ${name}: invalid parameter`);
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  return refuse(`param ${name}:${excerpt(text)} is not a number: invalid parameter`);
}

/** @throws {StatusError} 1100 for a name of none */
export function curveOf(name: string): Curve {
  const known = [...curves.keys()].join(",");
  return (
    curves.get(name) ?? refuse(`invalid decay function: ${excerpt(name)}, only support [${known}]: invalid parameter`)
  );
}

function mergeOf(params: ReadonlyMap<string, string>): Merge {
  const name = params.get("score_mode") ?? "max";
  const merge = merges.find((one) => one === name.toLowerCase());
  const known = merges.join(", ");
  return merge ?? refuse(`unsupported score mode: [${excerpt(name)}], only supports: [${known}]: invalid parameter`);
}

function isNormed(params: ReadonlyMap<string, string>): boolean {
  const text = params.get("norm_score") ?? "false";
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return refuse(`param norm_score:${excerpt(text)} must be true/false: invalid parameter`);
}

function inputOf({ inputFieldNames, outputFieldNames }: schema.FunctionSchema, collection: CollectionSchema): number {
  if (outputFieldNames.length > 0) refuse("rerank function output field names should be empty: invalid parameter");
  if (inputFieldNames.length !== 1)
    refuse(`decay function only supports single input, but gets [${inputFieldNames.join(" ")}]: invalid parameter`);
  const [name] = inputFieldNames;
  const index = fieldIndex(collection, name);
  if (index < 0) refuse(`function input field not found: ${excerpt(name)}: invalid parameter`);
  const { dataType, nullable } = collection.fields[index];
  if (nullable) refuse(`function input field cannot be nullable: field ${name}: invalid parameter`);
  if (!numeric.includes(dataType))
    refuse(
      `decay rerank: unsupported input field type:${dataTypeName(dataType)}, only support numeric field: invalid parameter`,
    );
  return index;
}
