import type { CopySpec } from "./copy.ts";
import { type Job, specOf } from "./job.ts";

/** What a job reads that makes a collection of another one; undefined for other kinds. */
export function sourceOf(
  job: Pick<Job, "kind" | "spec">,
): Pick<CopySpec, "sourceCollectionId" | "partitions"> | undefined {
  if (job.kind === "copy") return specOf(job, "copy");
  return job.kind === "merge" ? specOf(job, "merge") : undefined;
}
