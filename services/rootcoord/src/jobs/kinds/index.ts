import type { JobKind } from "@sluice/jobs";
import { AnyCopyPlanner } from "./any-copy.ts";
import { AnyImportPlanner, type AnyImportPlannerDeps } from "./any-import.ts";
import { CompactionPlanner } from "./compaction.ts";
import type { CopyPlannerDeps } from "./copy.ts";
import { ExportPlanner, type ExportPlannerDeps } from "./export.ts";
import type { JobPlanner } from "./job-planner.ts";
import { MergePlanner, type MergePlannerDeps } from "./merge.ts";
import type { PullPlannerDeps } from "./pull.ts";

/** Every kind of job that the rootcoord plans. */
export function jobPlanners(
  deps: AnyImportPlannerDeps & ExportPlannerDeps & MergePlannerDeps & CopyPlannerDeps & PullPlannerDeps,
): Record<JobKind, JobPlanner> {
  return {
    copy: new AnyCopyPlanner(deps),
    export: new ExportPlanner(deps),
    import: new AnyImportPlanner(deps),
    compaction: new CompactionPlanner(),
    merge: new MergePlanner(deps),
  };
}
