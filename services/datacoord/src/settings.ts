import type { RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

/** Settings of the datacoord, beside those that every process has. */
export const dataCoordSettings = defineSettings({
  gcInterval: { type: "duration", default: "5s", min: 100, description: "how often garbage is collected" },
  gcGrace: {
    type: "duration",
    default: "1m",
    min: 100,
    description:
      "how long after its removal a segment is removed again: longer than task-lease and one request to storage",
  },
  readerGrace: {
    type: "duration",
    default: "5m",
    min: 100,
    description:
      "how long segments that were merged into others stay for readers, and pages of iterators, that began before",
  },
});

/** Values of these, and of those of every process. */
export type DataCoordSettings = RoleSettings<typeof dataCoordSettings>;
