import type { SourceFileRecord } from "@sluice/jobs";
import { encodePlain, type JobId } from "@sluice/schema";
import type { FileGroupRecord } from "./jobs.ts";
import type { Table } from "./table.ts";

/**
 * Part of the files of a job. They are many, a record of etcd is small, and they never change, while the job's own record is
 * written at each of its steps.
 */
export interface JobFilesRecord {
  readonly jobId: JobId;
  /** From 0. */
  readonly page: number;
  readonly groups: readonly FileGroupRecord[];
  /** The first group is the rest of the last one of the page before. */
  readonly continues: boolean;
}

/** Written by the rootcoord, before the job's record; pages without a job are of a request that was cut off. */
export const JOB_FILES: Table<JobFilesRecord, readonly [JobId, page: number]> = {
  name: "files",
  idOf: ({ jobId, page }) => [jobId, page],
};

/** Of one record; a transaction of etcd takes three times as much, unless it is told otherwise. */
const PAGE_BYTES = 1 << 19;

/** Groups in pages of about `pageBytes`; none for a job without files. A group of many files may stand in several. */
export function pagesOf(jobId: JobId, groups: readonly FileGroupRecord[], pageBytes = PAGE_BYTES): JobFilesRecord[] {
  const pages: { groups: FileGroupRecord[]; continues: boolean }[] = [];
  let room = 0;
  for (const { files, ...group } of groups) {
    for (const [i, file] of files.entries()) {
      const sizeBytes = Buffer.byteLength(encodePlain([file, group]));
      const isNewPage = sizeBytes > room;
      if (isNewPage) [room] = [pageBytes, pages.push({ groups: [], continues: i > 0 })];
      room -= sizeBytes;
      const page = pages[pages.length - 1];
      if (i === 0 || isNewPage) page.groups.push({ ...group, files: [] });
      (page.groups[page.groups.length - 1].files as SourceFileRecord[]).push(file);
    }
  }
  return pages.map((page, i) => ({ jobId, page: i, ...page }));
}

/** The groups that `pagesOf` has cut. @param pages of one job, in any order */
export function groupsOf(pages: readonly JobFilesRecord[]): FileGroupRecord[] {
  const groups: FileGroupRecord[] = [];
  for (const {
    groups: [first, ...rest],
    continues,
  } of pages.toSorted((a, b) => a.page - b.page)) {
    const open = continues ? groups.pop() : undefined;
    groups.push(open ? { ...open, files: [...open.files, ...first.files] } : first, ...rest);
  }
  return groups;
}
