import type { RoleSettings } from "@sluice/cluster";
import { availableMemory, defineSettings } from "@sluice/config";

/** Settings of querynodes, beside those that every process has. */
export const queryNodeSettings = defineSettings({
  cacheSize: {
    type: "bytes",
    min: 0,
    description:
      "columns that queries and searches keep in memory; default: an eighth of what the machine or the container has, 2 GiB at most",
  },
});

/** Values of these, and of those of every process. */
export type QueryNodeSettings = RoleSettings<typeof queryNodeSettings>;

const MAX_DEFAULT_BYTES = 2 ** 31;

/** As given, else what leaves room for everything else that the process does. */
export function cacheBytesOf({ cacheBytes }: Pick<QueryNodeSettings, "cacheBytes">): number {
  return cacheBytes ?? Math.min(MAX_DEFAULT_BYTES, Math.floor(availableMemory() / 8));
}
