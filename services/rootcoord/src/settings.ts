import type { RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

export const rootCoordSettings = defineSettings({
  splitSize: {
    type: "bytes",
    default: "512MB",
    min: 1 << 20,
    description:
      "files that are larger are cut into tasks of about this size, or smaller ones for workers that are free",
  },
  maxOpenJobs: { type: "int", default: 1024, min: 1, description: "import jobs that may be unfinished at once" },
  compactionInterval: {
    type: "duration",
    default: "5s",
    min: 0,
    description: "how often small segments are looked for, which are merged in the background; 0: never",
  },
  jobRetention: {
    type: "duration",
    default: "72h",
    min: 0,
    description: "how long finished import jobs are remembered",
  },
});

export type RootCoordSettings = RoleSettings<typeof rootCoordSettings>;
