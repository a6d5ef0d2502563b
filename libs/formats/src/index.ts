export * from "./format.ts";
export { formatNamed, formatOptionKeys } from "./format-list.ts";
export { type FileGroup, groupFlatFiles, groupNestedFiles } from "./group-files.ts";
export { type FieldPlan, planFields } from "./plan/field-plan.ts";
export { type KeyUse, mixedKeysFailure } from "./plan/mixed-keys.ts";
