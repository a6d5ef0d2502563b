import {
  commitInPages,
  type FileGroupRecord,
  JOB_FILES,
  type JobFilesRecord,
  pagesOf,
  RecordTable,
  type StagedWrite,
} from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";
import type { JobId } from "@sluice/schema";

/** The files of jobs, in pages that the metastore takes: written before their job, and never again. */
export class JobFiles {
  readonly #store: MetaStore;
  readonly #table: RecordTable<JobFilesRecord, readonly [JobId, number]>;

  constructor(store: MetaStore) {
    this.#store = store;
    this.#table = new RecordTable(store, JOB_FILES);
  }

  /** Those of all jobs, also of ones that never came. */
  async load(): Promise<Map<JobId, JobFilesRecord[]>> {
    const pages = (await Array.fromAsync(this.#table.scan())).map(({ record }) => record);
    return Map.groupBy(pages, ({ jobId }) => jobId);
  }

  /** Its pages, ascending: the last one belongs into the job's own transaction. */
  stage(jobId: JobId, groups: readonly FileGroupRecord[]): StagedWrite[] {
    return pagesOf(jobId, groups).map((page) => this.#table.stage(page, undefined, () => {}));
  }

  /** @param pages how many it has, from the first */
  stageRemovals(jobId: JobId, pages: number): StagedWrite[] {
    return Array.from({ length: pages }, (_, page) => this.#table.stageRemoval([jobId, page], () => {}));
  }

  /** Of a job that never came, or whose record is gone. @param pages how many it has */
  async drop(jobId: JobId, pages: number): Promise<void> {
    await commitInPages(this.#store, this.stageRemovals(jobId, pages));
  }
}
