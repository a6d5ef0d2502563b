import type { JobRecord } from "@sluice/catalog";
import { specOf } from "@sluice/jobs";
import type { PlannedTask } from "./kinds/job-planner.ts";

/** What a copy would do, as users are told it before it begins: rows, and their bytes as they are in memory. */
export function copyEstimate(job: JobRecord, tasks: readonly PlannedTask[]) {
  const { partitionNames, strategy, warnings, ...spec } = specOf(job, "copy");
  const replaces = spec.replaces === undefined ? "new" : "replaced";
  return {
    ...{ dryRun: true, target: spec.appends ? "appended" : replaces },
    ...{ strategy: strategy.name, strategyReason: strategy.reason, ...sizeOf(tasks) },
    partitions: partitionNames.map((name, group) => ({
      name,
      ...sizeOf(tasks.filter((task) => task.group === group)),
    })),
    ...(warnings.length > 0 && { warnings }),
  };
}

function sizeOf(tasks: readonly PlannedTask[]) {
  const sum = (of: (task: PlannedTask) => number) => tasks.reduce((total, task) => total + of(task), 0);
  return { rows: sum(({ announcedRows = 0 }) => announcedRows), bytes: Math.round(sum(({ sizeBytes }) => sizeBytes)) };
}
