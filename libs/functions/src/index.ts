export { type Analyzer, analyzerOf, type Token, tokensOf } from "./analyzer/analyzer.ts";
export { AnalyzerError } from "./analyzer/analyzer-error.ts";
export { analyzerParamsOf, multiAnalyzerOf } from "./analyzer/multi-analyzer.ts";
export { TokenNumbers } from "./analyzer/token-numbers.ts";
export { queryTerms } from "./bm25/term-counts.ts";
export { termId } from "./bm25/term-id.ts";
export { FunctionOutputs } from "./function-outputs.ts";
export { MinHashParamError, minHashParams } from "./minhash/min-hash-params.ts";
