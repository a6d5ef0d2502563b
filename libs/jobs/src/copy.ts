import type { CollectionId, CollectionSchema, KeyRange, PartitionId } from "@sluice/schema";
import type { IdPairs } from "./merge.ts";
import type { BroughtSource } from "./source-file.ts";

/** How the rows of a copy get there, and why so. */
interface CopyStrategy {
  /** `objects`: the storage copies them; `rows`: they are read there and written here. */
  readonly name: "objects" | "rows";
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
}

/** What is asked of a copy within the service: the rows of a collection as of one moment, the job's timestamp. */
export interface InnerCopySpec extends AnyCopySpec {
  readonly direction: "within";
  readonly sourceCollectionId: CollectionId;
  /** Those whose rows are copied, with those that are made of them; parallel to `partitionNames`. */
  readonly partitions: IdPairs;
  readonly vchannels: readonly (readonly [from: string, to: string])[];
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

export type CopySpec = InnerCopySpec | PullCopySpec;

/** What a task of kind `copy` works on: segments of one partition. */
export interface CopyTaskInput extends Pick<InnerCopySpec, "partitions" | "vchannels"> {
  /** The collection that is made. */
  readonly collectionId: bigint;
  readonly sourceCollectionId: bigint;
  /** Hybrid. */
  readonly snapshotTs: bigint;
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
}
