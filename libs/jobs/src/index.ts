export { verdictOn } from "./after-report.ts";
export * from "./checked-rows.ts";
export * from "./checked-view.ts";
export { chooseMerges, type MergeOccasion, type SegmentBounds } from "./choose-merges.ts";
export { CLEANUP_MS, isCleaningUp } from "./cleanup.ts";
export * from "./compaction.ts";
export * from "./copy.ts";
export * from "./decide-job.ts";
export type { DeletesTaskInput } from "./deletes-task-input.ts";
export { DistinctSample, type DistinctSampleRecord } from "./distinct-sample.ts";
export * from "./export.ts";
export { parseGoDuration } from "./go-duration.ts";
export * from "./id-range.ts";
export * from "./import-findings.ts";
export * from "./import-spec.ts";
export * from "./import-task-input.ts";
export * from "./job.ts";
export type { JobEvent } from "./job-event.ts";
export { type KeyRule, keyBucketCount, type OnDuplicate } from "./key-rule.ts";
export * from "./kinds.ts";
export * from "./merge.ts";
export { next } from "./next.ts";
export * from "./options/import-options.ts";
export { knownOption, optionName } from "./options/known-options.ts";
export {
  type DataSourceOptions,
  type DocumentChunk,
  type DocumentFile,
  type InternalData,
  isImportOption,
  optionsJsonSchema,
} from "./options/options-document.ts";
export { isRollingBack, isTwoPhase, type JobOrder, jobOrders, verdictOnOrder } from "./orders.ts";
export { type Pack, packGroups } from "./pack-groups.ts";
export { type JobPhase, phaseOf, waitsFor } from "./phase.ts";
export * from "./plan-splits.ts";
export { type ProgressInput, progressPercent, taskPercent } from "./progress.ts";
export { nextWithLook } from "./report-and-look.ts";
export { type RowTolerance, tooManyRejected } from "./row-tolerance.ts";
export * from "./source-file.ts";
export { sourceOf } from "./source-of.ts";
export {
  type EndedJobState,
  isEnded,
  isOpenTask,
  type JobState,
  jobStates,
  type OpenJobState,
  type OpenTaskState,
  type TaskState,
  taskStates,
} from "./states.ts";
export type { JobEffect, Step } from "./step.ts";
export { taskPlace, taskWithId } from "./task-place.ts";
export * from "./task-report.ts";
export * from "./total-rows.ts";
export * from "./webhook.ts";
export { type RejectsFolder, rejectsPathOf, type WrittenRejects } from "./written-rejects.ts";
