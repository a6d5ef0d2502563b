import { type Analyzer, AnalyzerError, analyzerOf as analyzerOfParams } from "@sluice/functions";
import type { FieldSchema } from "@sluice/schema";
import { FilterError } from "./filter-error.ts";

/** The analyzer that a field's `analyzer_params` describe. @throws {FilterError} for those that this server has not */
export function analyzerOf(field: FieldSchema): Analyzer {
  try {
    return analyzerOfParams(field.typeParams.analyzer_params ?? "");
  } catch (error) {
    if (!(error instanceof AnalyzerError)) throw error;
    throw new FilterError(`text match with the analyzer of field "${field.name}": ${error.message}`);
  }
}
