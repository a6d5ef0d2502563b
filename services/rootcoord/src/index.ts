export type { JobPlanner, PlannedTask } from "./jobs/kinds/job-planner.ts";
export * from "./start.ts";
