import type { CollectionId, CollectionSchema, KeyRange, PartitionId } from "@sluice/schema";
import type { RowExpiry } from "./export.ts";
import type { IdPairs } from "./merge.ts";
import type { BroughtSource } from "./source-file.ts";

/** How the rows of a copy get there, and why so. */
interface CopyStrategy {
  /** `objects`: the storage copies them; `rows`: they are read on one side and written on the other; `files`: one side imports them. */
  readonly name: "objects" | "rows" | "files";
  readonly reason: string;
}

/** What every copy says. The job's collection is the one that is made, which nobody sees before all is there. */
interface AnyCopySpec {
  readonly sourceDbName: string;
  readonly sourceCollectionName: string;
  /** Those whose rows are copied; `*` stands for all of a partition key. */
  readonly partitionNames: readonly string[];
  readonly strategy: CopyStrategy;
  readonly options: readonly (readonly [key: string, value: string])[];
  readonly warnings: readonly string[];
  /** Points to the target as soon as that is found; absent = none. */
  readonly alias?: string;
  /** The collection whose name the target gets, and which is dropped then. */
  readonly replaces?: CollectionId;
  /** Rows go into a collection that others are in: the job's. */
  readonly appends?: true;
  /** Rows of each task that are compared with those of the other service when they are there; absent = none. */
  readonly checkRows?: number;
  /** Bytes of rows that are moved in a second at most, by one task at a time; absent = any number. */
  readonly bytesPerSecond?: number;
}

/** What is asked of a copy within the service: the rows of a collection as of one moment, the job's timestamp. */
export interface InnerCopySpec extends AnyCopySpec {
  readonly direction: "within";
  readonly sourceCollectionId: CollectionId;
  /** Those whose rows are copied, with those that are made of them; parallel to `partitionNames`. */
  readonly partitions: IdPairs;
  readonly vchannels: readonly (readonly [from: string, to: string])[];
  /** What is read where rows are appended. */
  readonly appended?: AppendedSource;
}

/** Rows that are read here, to be appended to another collection. */
export interface AppendedSource {
  /** Stored schema of the source as it was, serialized, base64; with its properties. */
  readonly schema: string;
  readonly properties: readonly (readonly [key: string, value: string])[];
  readonly expiry: RowExpiry;
  /** Where the rows of each partition go, parallel to `partitions`: one, or all of the partition key's. */
  readonly targets: readonly (readonly PartitionId[])[];
}

/** What is asked of a copy from another service, which is among the job's sources. */
export interface PullCopySpec extends AnyCopySpec {
  readonly direction: "in";
  /** Its address, for users. */
  readonly peer: string;
  /** Expression in the peer's words; "" = all rows. */
  readonly filter: string;
  /** Hybrid, by the peer's clock, at which all rows are read; 0 = the peer reads at no fixed moment. */
  readonly readTs: bigint;
  /** Where the rows of each partition go, parallel to `partitionNames`: one, or all of the partition key's. */
  readonly targets: readonly (readonly PartitionId[])[];
}

/** What is asked of a copy to another service, which is among the job's sources. The job's collection is the source. */
export interface PushCopySpec extends AnyCopySpec {
  readonly direction: "out";
  readonly sourceCollectionId: CollectionId;
  /** Those whose rows are copied, each with itself; parallel to `partitionNames`. */
  readonly partitions: IdPairs;
  readonly peer: string;
  readonly targetCollectionName: string;
  /** What the target is called there until it is whole. */
  readonly interimName: string;
  /** Expression that rows must pass; "" = all. */
  readonly filter: string;
  readonly expiry: RowExpiry;
  /** What is made there: all partitions, and these indexes. */
  readonly declared: PushedDeclarations;
  /** Where segments are handed over, of the strategy `files`. */
  readonly handover?: FileHandover;
}

/** A folder that both services reach: one writes segments into it, the other imports them. */
export interface FileHandover {
  /** Export root. */
  readonly root: string;
  /** Below the root, the job's own. */
  readonly folder: string;
  /** The same folder by the other service's name. */
  readonly peerFolder: string;
  /** Of the partitions that are copied, parallel to them. */
  readonly partitionNames: readonly string[];
}

/** What is made in another service, besides rows. */
export interface PushedDeclarations {
  /** Serialized schema as it was declared, base64. */
  readonly schema: string;
  readonly shardsNum: number;
  readonly consistencyLevel: number;
  readonly properties: readonly (readonly [key: string, value: string])[];
  /** Of a partition key, else 0. */
  readonly numPartitions: number;
  readonly partitionNames: readonly string[];
  readonly indexes: readonly {
    readonly name: string;
    readonly fieldName: string;
    readonly params: readonly (readonly [key: string, value: string])[];
  }[];
  readonly isLoaded: boolean;
}

/** Within this server, from another service, or to one. */
export type CopySpec = InnerCopySpec | PullCopySpec | PushCopySpec;

/** What a task of kind `copy` works on: segments of one partition. */
export interface CopyTaskInput extends Pick<InnerCopySpec, "partitions" | "vchannels"> {
  /** The collection that is made. */
  readonly collectionId: bigint;
  readonly sourceCollectionId: bigint;
  /** Hybrid. */
  readonly snapshotTs: bigint;
  readonly segmentIds: readonly bigint[];
}

/** A collection that has rows already, whose keys must not come again. */
export interface AppendedTo {
  readonly collectionId: bigint;
  readonly collectionName: string;
  /** Of the rows that it has. */
  readonly expiry: RowExpiry;
}

/** What a task of kind `append` works on: segments of one partition, whose rows are written anew. */
export interface AppendTaskInput {
  readonly to: AppendedTo;
  /** As rows are written. */
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  readonly partitionIds: readonly bigint[];
  /** Hybrid: of the rows that are written, and of what is read. */
  readonly timestamp: bigint;
  readonly sourceCollectionId: bigint;
  /** As rows are read. */
  readonly sourceSchema: CollectionSchema;
  readonly expiry: RowExpiry;
  readonly segmentIds: readonly bigint[];
}

/** The rows of a peer that a task reads. */
export interface PulledRows {
  readonly collectionName: string;
  /** "" = all. */
  readonly partitionName: string;
  readonly filter: string;
  readonly readTs: bigint;
}

/** What a task of kind `pull` works on: a range of keys of one partition of a collection of another service. */
export interface PullTaskInput {
  /** The collection that is made, as rows are written for it. */
  readonly collectionId: bigint;
  readonly schema: CollectionSchema;
  readonly vchannels: readonly string[];
  readonly partitionIds: readonly bigint[];
  /** Hybrid timestamp of every row. */
  readonly timestamp: bigint;
  readonly peer: BroughtSource;
  readonly rows: PulledRows;
  readonly keys: KeyRange;
  /** Rows that are compared in the end. */
  readonly checkRows: number;
  /** Absent where nobody is in the collection yet. */
  readonly to?: AppendedTo;
}

/** What a task of kind `push` works on: segments of one partition. */
export interface PushTaskInput extends Pick<PushCopySpec, "filter" | "expiry"> {
  /** With all fields. */
  readonly schema: CollectionSchema;
  /** Of what is sent. */
  readonly output: CollectionSchema;
  /** Hybrid: rows are those of then. */
  readonly timestamp: bigint;
  readonly segmentIds: readonly bigint[];
  readonly peer: BroughtSource;
  readonly collectionName: string;
  /** "" where a partition key says it. */
  readonly partitionName: string;
  /** An earlier attempt may have sent rows. */
  readonly mayBeThere: boolean;
  /** Rows that are compared in the end. */
  readonly checkRows: number;
}
