/**
 * What the threads of a datanode need of jobs: apart, since the checks of requests and the library that they stand on take twenty
 * megabytes of each thread.
 */
export * from "./checked-rows.ts";
export { DistinctSample } from "./distinct-sample.ts";
export { copiedFolder, isCopiedForm, type LogKind } from "./export.ts";
export { type IdRange, idRangeOf, tooFewIds } from "./id-range.ts";
export * from "./import-findings.ts";
export { type RowTolerance, tooManyRejected } from "./row-tolerance.ts";
