import { excerpt } from "@sluice/errors";
import { analyzerOf } from "./analyzer.ts";
import { AnalyzerError } from "./analyzer-error.ts";

/** What texts of no name, and of one that is not known, are analyzed by. */
const DEFAULT_NAME = "default";
/** Each that is used remembers the tokens of its texts, in each thread. */
const MAX_ANALYZERS = 64;

/** Analyzers of the texts of one field, of which another field of the row names one. */
export interface MultiAnalyzer {
  readonly byField: string;
  /** The `analyzer_params` of a name, or of what it is an alias of; of an unknown one those of `default`. */
  readonly paramsOf: (name: string) => string;
}

/**
 * What `multi_analyzer_params` describe. Source: Milvus, internal/util/function/multi_analyzer_bm25_function.go.
 * @throws {AnalyzerError} in Milvus's words; of each analyzer as `analyzerOf`
 */
export function multiAnalyzerOf(params: string): MultiAnalyzer {
  const { by_field: byField, alias = {}, analyzers } = parsed(params);
  if (byField === undefined)
    throw new AnalyzerError("multi analyzer params now must set by_field to specify with field decide analyzer");
  if (typeof byField !== "string")
    throw new AnalyzerError(`multi analyzer params by_field must be string but now: ${shown(byField)}`);
  const aliases = aliasesIn(alias);
  const known = analyzersIn(analyzers);
  const named = (name: string) => known.get(aliases.get(name) ?? name);
  const otherwise = named(DEFAULT_NAME);
  if (otherwise === undefined)
    throw new AnalyzerError("multi analyzer must set default analyzer for all unknown value");
  return { byField, paramsOf: (name) => named(name) ?? otherwise };
}

function parsed(params: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(params);
    if (isObject(value)) return value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new AnalyzerError(`multi analyzer params is no JSON object: ${excerpt(params)}`);
}

function aliasesIn(alias: unknown): ReadonlyMap<string, string> {
  if (isObject(alias) && Object.values(alias).every((name) => typeof name === "string"))
    return new Map(Object.entries(alias as Record<string, string>));
  throw new AnalyzerError(`multi analyzer alias must be string map but now: ${shown(alias)}`);
}

/** The `analyzer_params` of each name, all of them checked. */
function analyzersIn(analyzers: unknown): ReadonlyMap<string, string> {
  if (analyzers === undefined) throw new AnalyzerError("multi analyzer params must set analyzers");
  if (!isObject(analyzers))
    throw new AnalyzerError(`unmarshal analyzers failed: they must be an object, but got: ${shown(analyzers)}`);
  const all = Object.entries(analyzers);
  if (all.length > MAX_ANALYZERS)
    throw new AnalyzerError(`a field can have ${MAX_ANALYZERS} analyzers, but got ${all.length}: make another field`);
  return new Map(all.map(([name, params]) => [name, checked(name, JSON.stringify(params))]));
}

function checked(name: string, params: string): string {
  try {
    analyzerOf(params);
    return params;
  } catch (cause) {
    if (!(cause instanceof AnalyzerError)) throw cause;
    throw new AnalyzerError(`analyzer ${excerpt(name)}: ${cause.message}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return excerpt(JSON.stringify(value));
}

/** The `analyzer_params` that texts of a field are analyzed by: where there are several those of a name, "" being the default's. */
export function analyzerParamsOf(typeParams: Readonly<Record<string, string>>): (name: string) => string {
  const { multi_analyzer_params: several, analyzer_params: one = "" } = typeParams;
  return several === undefined ? () => one : multiAnalyzerOf(several).paramsOf;
}
