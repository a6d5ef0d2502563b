// Answers of REST as far as the console shows them. Ids are text: they do not fit into a number.

export type JobState = "Pending" | "Importing" | "Uncommitted" | "Committing" | "Completed" | "Failed" | "RolledBack";

/** Rows of a job or of one of its files. */
export interface RowCounts {
  readonly importedRows: number;
  /** Of a dry run, for `importedRows`. */
  readonly checkedRows?: number;
  readonly rejectedRows?: number;
  readonly duplicateRows?: number;
  readonly totalRows: number;
  readonly totalRowsEstimated?: boolean;
}

/** A job as lists and events tell of it. Times are RFC 3339, empty = not yet. */
export interface JobSummary extends RowCounts {
  readonly jobId: string;
  readonly collectionName: string;
  readonly state: JobState;
  /** Percent. */
  readonly progress: number;
  /** Of a failed one, whose progress is 0. */
  readonly progressAtFailure?: number;
  readonly createTime: string;
  readonly completeTime: string;
  readonly phase?: string;
  readonly waitsFor?: string;
  readonly rowsPerSecond?: number;
  readonly remainingSeconds?: number;
  readonly retryOf?: string;
  readonly reason?: string;
}

/** Where something is wrong, as far as that is known. */
export interface Place {
  readonly file?: string;
  /** From 0. */
  readonly row?: number;
  readonly field?: string;
  readonly byteOffset?: number;
  /** From 1. */
  readonly line?: number;
}

export interface LocatedError extends Place {
  readonly reason: string;
}

/** An attempt that made nothing. */
export interface EndedAttempt {
  readonly attempt: number;
  readonly datanode: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly cause: string;
}

/** Where the values of a field come from. */
export interface FieldMapping {
  readonly field: string;
  readonly sources?: readonly string[];
  readonly otherwise?: string;
}

/** What became of one file, or of a set of column files. */
export interface JobFile extends RowCounts {
  readonly fileName: string;
  readonly fileSize: number;
  readonly progress: number;
  readonly startTime: string;
  readonly completeTime: string;
  readonly state: string;
  readonly reason?: string;
  readonly datanodes?: readonly string[];
  readonly attempts?: readonly EndedAttempt[];
  readonly warnings?: readonly string[];
  readonly mapping?: readonly FieldMapping[];
  readonly rejected?: readonly LocatedError[];
  readonly rejectedFiles?: object;
}

/** What the values of a field are like. */
export interface FieldHealth {
  readonly field: string;
  readonly nulls: number;
  readonly isConstant: boolean;
  readonly zeroVectors?: number;
  readonly notNormalized?: number;
  readonly norms?: readonly { readonly from: number; readonly vectors: number }[];
  readonly duplicates?: number;
  readonly duplicatesEstimated?: boolean;
}

/** The findings of a dry run. */
export interface CheckedRows {
  readonly rows: number;
  readonly columnBytes: number;
  readonly segments: number;
  readonly seconds: number;
  readonly fields: readonly FieldHealth[];
}

export interface Job extends JobSummary {
  readonly fileSize: number;
  readonly paused?: boolean;
  readonly dryRun?: boolean;
  /** Its files hold deletes alone, which its rows are. */
  readonly deletes?: boolean;
  readonly rollbackRefused?: string;
  readonly checked?: CheckedRows;
  readonly warnings?: readonly string[];
  readonly failure?: Place;
  readonly corrects?: string;
  readonly correctedBy?: readonly string[];
  readonly retriedBy?: readonly string[];
  readonly details: readonly JobFile[];
}

/** Kinds of jobs that are shown. */
export type JobKind = "import" | OtherKind;
export type OtherKind = "export" | "copy" | "merge";

/** An export, a copy or a merge, in lists and in its description. What it has come to stands beside, in members of its kind. */
export interface OtherJob {
  readonly jobId: string;
  readonly collectionName: string;
  readonly state: string;
  /** Percent. */
  readonly progress: number;
  readonly progressAtFailure?: number;
  readonly createTime: string;
  readonly completeTime: string;
  readonly paused?: boolean;
  readonly phase?: string;
  readonly waitsFor?: string;
  readonly rowsPerSecond?: number;
  readonly remainingSeconds?: number;
  readonly reason?: string;
  readonly warnings?: readonly string[];
}

export interface OtherJobPage {
  readonly records: readonly OtherJob[];
  readonly count: number;
}

export interface JobPage {
  readonly records: readonly JobSummary[];
  readonly count: number;
}

export interface ErrorPage {
  readonly records: readonly LocatedError[];
  readonly count: number;
}

/** The line of a source file that a place lies in, cut where it is very long. */
export interface SourceLine {
  /** The line before the place, and from it on. */
  readonly before: string;
  readonly after: string;
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

export interface ProposedField {
  readonly fieldName: string;
  readonly dataType: string;
  readonly elementDataType?: string;
  readonly isPrimary?: boolean;
  readonly nullable?: boolean;
  readonly elementTypeParams?: Readonly<Record<string, string>>;
  readonly evidence?: readonly string[];
}

export interface ProposedSchema {
  readonly autoId: boolean;
  readonly enableDynamicField: boolean;
  readonly fields: readonly ProposedField[];
  readonly indexParams: readonly {
    readonly fieldName: string;
    readonly metricType: string;
    readonly evidence: string;
  }[];
  readonly partitionKeyCandidates: readonly string[];
  readonly unsupported: readonly { readonly column: string; readonly type: string }[];
}

/** What a file holds, and which collection would take it. */
export interface Inspection {
  readonly format: string;
  readonly paths: readonly string[];
  readonly sizeBytes: number;
  readonly rowCount?: number;
  readonly isRowCountEstimate: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly dim?: number }[];
  readonly sample: readonly Row[];
  readonly faults: readonly { readonly row?: number; readonly field?: string; readonly reason: string }[];
  readonly schema: ProposedSchema;
}

export type Row = Readonly<Record<string, unknown>>;

export interface CollectionField {
  readonly name: string;
  readonly type: string;
  readonly elementType?: string;
  readonly primaryKey: boolean;
  readonly partitionKey: boolean;
  readonly autoId: boolean;
  readonly nullable: boolean;
  readonly params?: readonly { readonly key: string; readonly value: string }[];
}

export interface Collection {
  readonly collectionName: string;
  readonly description: string;
  readonly fields: readonly CollectionField[];
  readonly indexes: readonly { readonly indexName: string; readonly fieldName: string; readonly metricType: string }[];
  readonly aliases: readonly string[];
  readonly load: string;
  readonly shardsNum: number;
  readonly partitionsNum: number;
  readonly consistencyLevel: string;
  readonly enableDynamicField: boolean;
}

export interface Segment {
  readonly segmentId: string;
  readonly partitionId: string;
  readonly rowCount: number;
  readonly state: string;
}

/** A process of the cluster. */
export interface Member {
  readonly role: string;
  readonly address: string;
  readonly node: string;
  readonly host: string;
  readonly pod: string;
  readonly pid: number;
  readonly version: string;
  readonly startTime: string;
  readonly leads: boolean;
}
