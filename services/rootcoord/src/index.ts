export type { JobPlanner, JobPlanners, PlannedTask } from "./jobs/kinds/job-planner.ts";
export * from "./start.ts";
