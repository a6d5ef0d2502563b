export { compileFilter, compileFilterInTurns, type Filter, type FilterOptions } from "./compile-filter.ts";
export type { Constant, TemplateValue } from "./constant.ts";
export { aliveText, expiredBefore, rowsAfter } from "./expiry.ts";
export { compareRows, type OrderedRow, type OrderKey, parseOrderBy } from "./order-by.ts";
export { type OutputOptions, type OutputPlan, resolveOutputFields } from "./output-fields.ts";
export { metaProjection } from "./project-meta.ts";
export { type Candidates, compareKeys, type KeyRange } from "./prune.ts";
export {
  checkQuery,
  parseQueryWindow,
  type QueryWindow,
} from "./query-window.ts";
