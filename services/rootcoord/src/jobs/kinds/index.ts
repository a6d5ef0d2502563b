import type { JobKind } from "@sluice/jobs";
import { CompactionPlanner } from "./compaction.ts";
import { CopyPlanner, type CopyPlannerDeps } from "./copy.ts";
import { ExportPlanner, type ExportPlannerDeps } from "./export.ts";
import { ImportPlanner, type ImportPlannerDeps } from "./import.ts";
import type { JobPlanner } from "./job-planner.ts";
import { MergePlanner, type MergePlannerDeps } from "./merge.ts";

/** Every kind of job that the rootcoord plans. */
export function jobPlanners(
  deps: ImportPlannerDeps & ExportPlannerDeps & MergePlannerDeps & CopyPlannerDeps,
): Record<JobKind, JobPlanner> {
  return {
    copy: new CopyPlanner(deps),
    export: new ExportPlanner(deps),
    import: new ImportPlanner(deps),
    compaction: new CompactionPlanner(),
    merge: new MergePlanner(deps),
  };
}
