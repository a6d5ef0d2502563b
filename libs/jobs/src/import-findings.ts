import type { Failure } from "@sluice/errors";
import type { CheckedRows } from "./checked-rows.ts";
import type { ExportedFile } from "./export.ts";
import type { MergeReport } from "./merge.ts";

/** A row that was left out, and why. */
export interface RejectedRowRecord {
  readonly file: string;
  /** In the file, from 0. */
  readonly row: number;
  readonly reason: string;
  /** Of the error; absent in records of before it was kept. */
  readonly code?: Failure["code"];
  readonly field?: string;
  readonly byteOffset?: number;
}

/** Objects that hold the rejected rows of one set of files. */
export interface RejectedObjects {
  /** Rows as they stand in the file, put together to files of its format; none for formats whose rows have no text. */
  readonly rows: readonly string[];
  /** JSON Lines: a `RejectedRowRecord` for each row, in the same order. */
  readonly reasons: readonly string[];
}

/** Where the values of a field came from. */
export interface FieldMapping {
  readonly field: string;
  /** Names or paths in the source. */
  readonly sources?: readonly string[];
  /** What rows get that have none there. */
  readonly otherwise?: string;
}

/** Kinds of sets that a report tells apart: files of one task are mostly alike. */
export const MAX_MAPPINGS = 8;

/** What one set of files came to. */
export interface SetFindings {
  readonly rejectedRows: number;
  /** Rows that were left out because another one has their primary key. */
  readonly duplicateRows?: number;
  /** Of a dry run: which of the task's `mappings` is its own. */
  readonly mapping?: number;
  readonly objects?: RejectedObjects;
}

/** What a task found out of its input besides, or made of it that is no segment: as plain data in its report and record. */
export interface ImportFindings {
  /** Of each set of the task, in order. */
  readonly sets: readonly SetFindings[];
  /** The first rejected rows. */
  readonly rejected: readonly RejectedRowRecord[];
  /** Of a dry run. */
  readonly checked?: CheckedRows;
  /** Where values came from, for as many different kinds of sets as are told apart. */
  readonly mappings?: readonly (readonly FieldMapping[])[];
  /** Of an export. */
  readonly exported?: readonly ExportedFile[];
  /** Of a merge. */
  readonly merged?: MergeReport;
}

/** Rejected rows that a report names, and characters of each reason: a record has room for some kilobytes. */
export const MAX_NAMED_ROWS = 20;
/** What is kept of the reason of one row. */
export const MAX_REASON_CHARACTERS = 400;

/** Rejected rows of all sets. */
export function rejectedRowsOf(findings: ImportFindings | undefined): number {
  return (findings?.sets ?? []).reduce((sum, { rejectedRows }) => sum + rejectedRows, 0);
}

/** Rows of all sets that were left out because of their keys. */
export function duplicateRowsOf(findings: ImportFindings | undefined): number {
  return (findings?.sets ?? []).reduce((sum, { duplicateRows = 0 }) => sum + duplicateRows, 0);
}

/** Every object with rejected rows has a key below it. */
export const REJECTS_PREFIX = "import_rejects/";

/** Below it, those of one job. */
export function rejectsPrefixOf(jobId: bigint): string {
  return `${REJECTS_PREFIX}${jobId}/`;
}
