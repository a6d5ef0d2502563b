import { newTask } from "@sluice/jobs";
import type { JobPlanner } from "@sluice/rootcoord";
import type { CopyInput, CopySpec } from "./task.ts";

/** First file of the kind: into which tasks a copy is cut, here one for each segment. */
export const copyPlanner: JobPlanner = {
  plan: async ({ spec }) =>
    (spec as unknown as CopySpec).segments.map((_, group) => ({
      ...{ ...newTask, kind: "copy" as never, group, sizeBytes: 1 },
    })),
  inputOf: ({ spec, collectionId, partitionIds, vchannels }, { group }): CopyInput => ({
    ...{ collectionId, partitionId: partitionIds[0], vchannel: vchannels[0] },
    ...(spec as unknown as CopySpec).segments[group],
  }),
};
