import type { CollectionId } from "@sluice/schema";
import type { IdPairs } from "./merge.ts";

/**
 * What is asked of a copy: the rows of a collection, as of one moment, as a collection of its own. The job's collection is that
 * one, which nobody sees before all is there. The moment is the job's timestamp.
 */
export interface CopySpec {
  readonly sourceCollectionId: CollectionId;
  readonly sourceDbName: string;
  readonly sourceCollectionName: string;
  /** Those whose rows are copied, with those that are made of them; and their names. */
  readonly partitions: IdPairs;
  readonly partitionNames: readonly string[];
  readonly vchannels: readonly (readonly [from: string, to: string])[];
  /** How the rows get there, and why so. */
  readonly strategy: { readonly name: "objects"; readonly reason: string };
  readonly options: readonly (readonly [key: string, value: string])[];
  readonly warnings: readonly string[];
}

/** What a task of kind `copy` works on: segments of one partition. */
export interface CopyTaskInput extends Pick<CopySpec, "partitions" | "vchannels"> {
  /** The collection that is made. */
  readonly collectionId: bigint;
  readonly sourceCollectionId: bigint;
  /** Hybrid. */
  readonly snapshotTs: bigint;
  readonly segmentIds: readonly bigint[];
}
