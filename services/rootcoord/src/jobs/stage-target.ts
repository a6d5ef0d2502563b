import type { CollectionRecord, StagedWrite } from "@sluice/catalog";
import type { HiddenCollections } from "../ddl/index.ts";
import type { JobBook } from "./job-book.ts";
import { hasFailed } from "./merge-ends.ts";

/** What taking a hidden collection's name needs. */
export interface StageTargetDeps {
  readonly book: Pick<JobBook, "jobs">;
  readonly hidden: Pick<HiddenCollections, "stage" | "drop">;
}

/**
 * `HiddenCollections.stage`, with its parameters; whoever has seen that a job failed finds its name free, however soon.
 * @returns undefined when the name is taken
 */
export async function stageTarget(
  { book, hidden }: StageTargetDeps,
  target: CollectionRecord,
  isMore = true,
): Promise<StagedWrite[] | undefined> {
  const staged = await hidden.stage(target, isMore);
  if (staged) return staged;
  const { dbName, name } = target;
  const failed = book.jobs().filter((job) => hasFailed(job) && job.dbName === dbName && job.collectionName === name);
  for (const { collectionId } of failed) await hidden.drop(collectionId);
  return failed.length === 0 ? undefined : hidden.stage(target, isMore);
}
