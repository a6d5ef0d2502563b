/** `analyzer_params` that describe no analyzer, or one that this server has not. The message says which, in Milvus's words. */
export class AnalyzerError extends Error {}
