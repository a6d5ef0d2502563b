import { excerpt } from "@sluice/errors";
import { curveOf } from "../decay.ts";
import { refuse } from "../metrics.ts";
import type { ChainParams } from "./chain-params.ts";

/** What a function makes of the values of one hit; null where it makes nothing of them. */
export type ChainFunction = (values: readonly (number | null)[]) => number | null;

/** How a function is made of its parameters, for so many columns. */
type Making = (params: ChainParams, columns: number) => ChainFunction;

const making: Readonly<Record<string, Making>> = { num_combine: combining, decay: decaying, round_decimal: rounding };

/** That a function reads at once. */
const MAX_COLUMNS = 64;

/** Source: Milvus, internal/util/function/chain/expr. @throws {StatusError} 1100, in Milvus's words */
export function chainFunction(name: string, params: ChainParams, columns: number): ChainFunction {
  if (name === "rerank_model" || name === "xgboost")
    refuse(
      `function ${name} is not supported by this server, which runs no models: score in the client: invalid parameter`,
    );
  if (!Object.hasOwn(making, name))
    refuse(`unknown function: ${excerpt(name)}: use ${Object.keys(making).join(", ")}: invalid parameter`);
  if (columns > MAX_COLUMNS) refuse(`${name}: ${columns} columns are more than ${MAX_COLUMNS}: invalid parameter`);
  const made = making[name](params, columns);
  params.checkAllRead();
  return made;
}

type Combine = (values: readonly number[]) => number;

const sum: Combine = (values) => values.reduce((all, value) => all + value, 0);
const combines: Readonly<Record<string, Combine>> = {
  multiply: (values) => values.reduce((all, value) => all * value, 1),
  sum,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  avg: (values) => sum(values) / values.length,
  weighted: sum,
};
const nullPolicies = ["propagate", "as_zero", "skip"];

function combining(params: ChainParams, columns: number): ChainFunction {
  const mode = params.text("mode", "") || "multiply";
  if (!Object.hasOwn(combines, mode))
    refuse(
      `num_combine: invalid mode "${excerpt(mode)}", must be one of [${Object.keys(combines).join(", ")}]: invalid parameter`,
    );
  if (columns < 2) refuse(`num_combine: expected at least 2 input columns, got ${columns}: invalid parameter`);
  const weights = weightsOf(params, mode, columns);
  const policy = params.text("null_policy", "propagate");
  if (!nullPolicies.includes(policy))
    refuse(
      `num_combine: invalid null_policy "${excerpt(policy)}", must be one of [${nullPolicies.join(", ")}]: invalid parameter`,
    );
  return (values) => {
    if (policy === "propagate" && values.includes(null)) return null;
    const weighed = values.flatMap((value, i) =>
      value === null && policy === "skip" ? [] : [(value ?? 0) * weights[i]],
    );
    return weighed.length === 0 ? null : combines[mode](weighed);
  };
}

function weightsOf(params: ChainParams, mode: string, columns: number): readonly number[] {
  const weights = params.numbers("weights");
  if (mode !== "weighted") {
    if (weights) refuse("num_combine: weights are for the mode weighted alone: invalid parameter");
    return Array<number>(columns).fill(1);
  }
  if (!weights) return refuse("num_combine: weighted mode requires weights: invalid parameter");
  if (weights.length !== columns)
    refuse(`num_combine: weighted mode requires ${columns} weights, got ${weights.length}: invalid parameter`);
  return weights;
}

/** Nearer to 0 or 1 its logarithm says nothing. */
const [LEAST_DECAY, MOST_DECAY] = [0.001, 0.999];

function decaying(params: ChainParams, columns: number): ChainFunction {
  if (columns !== 1) refuse(`decay: expected 1 input column, got ${columns}: invalid parameter`);
  const curve = curveOf(params.text("function"));
  const origin = params.number("origin");
  const [scale, offset, decay] = [params.number("scale"), params.number("offset", 0), params.number("decay", 0.5)];
  if (scale <= 0) refuse(`decay: scale must be > 0, got ${scale}: invalid parameter`);
  if (offset < 0) refuse(`decay: offset must be >= 0, got ${offset}: invalid parameter`);
  if (decay <= 0 || decay >= 1) refuse(`decay: decay must be 0 < decay < 1, got ${decay}: invalid parameter`);
  if (decay < LEAST_DECAY || decay > MOST_DECAY)
    refuse(
      `decay: decay must be between ${LEAST_DECAY} and ${MOST_DECAY} for numerical stability, got ${decay}: invalid parameter`,
    );
  return ([value]) => (value === null ? null : curve(Math.max(0, Math.abs(value - origin) - offset), scale, decay));
}

function rounding(params: ChainParams, columns: number): ChainFunction {
  if (columns !== 1) refuse(`round_decimal: expected 1 input column, got ${columns}: invalid parameter`);
  const decimal = params.whole("decimal");
  if (decimal < 0 || decimal > 6)
    refuse(`round_decimal: decimal must be in range [0, 6], got ${decimal}: invalid parameter`);
  const power = 10 ** decimal;
  return ([value]) => (value === null ? null : Math.floor(value * power + 0.5) / power);
}
