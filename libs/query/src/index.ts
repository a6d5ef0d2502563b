export { aggregatedColumns } from "./aggregate/aggregated-columns.ts";
export { type Aggregation, parseAggregation } from "./aggregate/aggregation.ts";
export { type Accumulation, type GroupedRows, Groups, groupedFields } from "./aggregate/groups.ts";
export { compileFilter, compileFilterInTurns, type FilterOptions } from "./compile-filter.ts";
export type { Filter } from "./compiled-filter.ts";
export type { Constant, TemplateValue } from "./constant.ts";
export type { ElementFilter, FoundElements } from "./element-filter.ts";
export { aliveText, expiredBefore, rowsAfter } from "./expiry.ts";
export { type JsonPlace, jsonPlace } from "./json-place.ts";
export { compareRows, type OrderedRow, type OrderKey, parseOrderBy } from "./order-by.ts";
export { type OutputOptions, type OutputPlan, resolveOutputFields } from "./output-fields.ts";
export { metaProjection } from "./project-meta.ts";
export { type Candidates, compareKeys, type KeyRange } from "./prune.ts";
export {
  checkQuery,
  parseQueryWindow,
  type QueryWindow,
} from "./query-window.ts";
