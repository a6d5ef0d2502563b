import { type JobSpec, newTask } from "@sluice/jobs";
import type { JobPlanner } from "@sluice/rootcoord";
import { segmentId } from "@sluice/schema";
import type { CopyInput, DuplicateSpec } from "./task.ts";

const specOf = ({ spec }: { readonly spec: JobSpec }) => spec as unknown as DuplicateSpec;

/** First file of the kind: into which tasks a copy is cut, here one for each segment. */
export const duplicatePlanner: JobPlanner = {
  plan: async (job) =>
    specOf(job).segments.map((_, group) => ({ ...newTask, kind: "duplicate" as never, group, sizeBytes: 1 })),
  inputOf: (job, { group }): CopyInput => ({
    ...{ collectionId: job.collectionId, partitionId: job.partitionIds[0], vchannel: job.vchannels[0] },
    ...specOf(job).segments[group],
  }),
  removes: (job) => (specOf(job).moves ? specOf(job).segments.map(({ from }) => segmentId(from)) : []),
};
