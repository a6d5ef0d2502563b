import type { CollectionId, CollectionSchema, FieldSchema, SegmentId } from "@sluice/schema";
import type { SourceSet } from "./import-task-input.ts";
import type { BroughtSource } from "./source-file.ts";

/** What becomes of rows of the files that have one key: the first or the last one counts, or the job fails. */
export type OnDuplicateKey = "error" | "first" | "last";
/** What becomes of rows of the files that match nothing: they are counted, told of in a warning, or the job fails. */
export type OnUnmatchedFileRow = "ignore" | "report" | "error";

/** Which rows of the files go to which rows of the collection. */
export interface FileRowRules {
  /** The field of both sides whose values are compared; "" where there are no files. */
  readonly mergeField: string;
  readonly onDuplicateKey: OnDuplicateKey;
  readonly onUnmatchedFileRow: OnUnmatchedFileRow;
}

/** When a merge fails rather than making a collection that nobody wanted. */
export interface MergeRules extends FileRowRules {
  /** Share of the collection's rows, 0 to 1, that must find a row of the files. */
  readonly minMatchRatio: number;
}

/** Ids of the source and of the collection that is made. */
export type IdPairs = readonly (readonly [from: bigint, to: bigint])[];

/**
 * What is asked of a merge: every row of a collection, as of one moment, with values of files beside its own, as a collection of
 * its own. The job's collection is that one, which nobody sees before all is there; of a dry run it is the source. The moment is the
 * job's timestamp.
 */
export interface MergeSpec extends MergeRules {
  readonly sourceCollectionId: CollectionId;
  readonly sourceDbName: string;
  readonly sourceCollectionName: string;
  /** As it was asked for. */
  readonly targetCollectionName: string;
  /** Those of the source with those that are made of them. */
  readonly partitions: IdPairs;
  readonly vchannels: readonly (readonly [from: string, to: string])[];
  /** Ids of the new fields in the job's schema. */
  readonly newFieldIds: readonly number[];
  /** Columns of the first file that nobody asked for. */
  readonly ignoredColumns: readonly string[];
  readonly isDryRun: boolean;
  /** Points to the new collection as soon as that is found; absent = none. */
  readonly alias?: string;
  /** The options that a format's reader knows, by key. */
  readonly formatOptions: Readonly<Record<string, string>>;
  readonly options: readonly (readonly [key: string, value: string])[];
  readonly warnings: readonly string[];
}

/** What a task of kind `merge` works on. */
export interface MergeTaskInput {
  /** The collection that is made. */
  readonly collectionId: bigint;
  readonly sourceCollectionId: bigint;
  readonly snapshotTs: bigint;
  readonly segmentIds: readonly SegmentId[];
  /** Those of the merge's other tasks: their keys are looked up, too, to count rows of the files. False: another task counts these. */
  readonly countedSegmentIds: readonly SegmentId[] | false;
  /** Of the source: the field by which rows are matched; undefined where there are no files. */
  readonly keyField: FieldSchema | undefined;
  /** Of the source: the field by which its deletes name rows. */
  readonly primaryKey: FieldSchema;
  readonly newFields: readonly FieldSchema[];
  readonly timezone: CollectionSchema["timezone"];
  readonly partitions: IdPairs;
  readonly vchannels: readonly (readonly [from: string, to: string])[];
  /** Rows up to it, hybrid, have expired; 0 = none. */
  readonly expiredTs: bigint;
  readonly sets: readonly SourceSet[];
  readonly sources?: readonly BroughtSource[];
  readonly options: Readonly<Record<string, string>>;
  readonly rules: FileRowRules;
  readonly isDryRun: boolean;
}

/**
 * What a merge, or a task of it, came to. Every row of the source is in the result once: `matchedSourceRows + unmatchedSourceRows =
 * sourceRows`. Rows of the files are counted by one task.
 */
export interface MergeReport {
  readonly sourceRows: number;
  readonly fileRows: number;
  readonly matchedSourceRows: number;
  readonly unmatchedSourceRows: number;
  /** With a key that no row of the source has. */
  readonly unmatchedFileRows: number;
  /** Left out because another row of the files has their key. */
  readonly duplicateFileKeys: number;
  readonly nullFileKeys: number;
  /** 0 of a dry run. */
  readonly destRows: number;
}

/** What the tasks of a merge came to together. */
export function mergeReportOf([first, ...others]: readonly MergeReport[]): MergeReport {
  return others.reduce(
    (sum, report) => ({
      sourceRows: sum.sourceRows + report.sourceRows,
      fileRows: sum.fileRows + report.fileRows,
      matchedSourceRows: sum.matchedSourceRows + report.matchedSourceRows,
      unmatchedSourceRows: sum.unmatchedSourceRows + report.unmatchedSourceRows,
      unmatchedFileRows: sum.unmatchedFileRows + report.unmatchedFileRows,
      duplicateFileKeys: sum.duplicateFileKeys + report.duplicateFileKeys,
      nullFileKeys: sum.nullFileKeys + report.nullFileKeys,
      destRows: sum.destRows + report.destRows,
    }),
    first,
  );
}

/** Codes of the REST interface for merges, beside those of Zilliz Cloud for volumes, where nothing of its own is known. */
export const mergeCodes = {
  sourceMissing: 63260,
  targetExists: 63261,
  mergeFieldMissing: 63262,
  mergeFieldType: 63263,
  newFieldInvalid: 63264,
  columnMissing: 63265,
  fileDamaged: 63269,
  noFiles: 63270,
} as const;
