import type { JobKind } from "@sluice/jobs";
import { CompactionPlanner } from "./compaction.ts";
import { ImportPlanner, type ImportPlannerDeps } from "./import.ts";
import type { JobPlanner } from "./job-planner.ts";

/** Every kind of job that the rootcoord plans. */
export function jobPlanners(deps: ImportPlannerDeps): Record<JobKind, JobPlanner> {
  return {
    import: new ImportPlanner(deps),
    compaction: new CompactionPlanner(),
  };
}
