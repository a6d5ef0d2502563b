import type { InnerCopySpec } from "./copy.ts";
import { type Job, specOf } from "./job.ts";

/** What a job reads that copies or extends another collection of this service; undefined for other jobs. */
export function sourceOf(
  job: Pick<Job, "kind" | "spec">,
): Pick<InnerCopySpec, "sourceCollectionId" | "partitions"> | undefined {
  if (job.kind === "merge") return specOf(job, "merge");
  const copy = job.kind === "copy" ? specOf(job, "copy") : undefined;
  return copy?.direction === "in" ? undefined : copy;
}
