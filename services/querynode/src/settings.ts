import type { RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

export const queryNodeSettings = defineSettings({
  cacheSize: { type: "bytes", default: "64MB", min: 0, description: "columns that queries keep in memory" },
});

export type QueryNodeSettings = RoleSettings<typeof queryNodeSettings>;
