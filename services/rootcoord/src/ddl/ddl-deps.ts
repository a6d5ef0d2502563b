import type { ModelServers } from "@sluice/embedding";
import type { MetaStore } from "@sluice/metastore";
import type { CollectionId, JobId } from "@sluice/schema";
import type { DdlLimits } from "./limits.ts";

/** Where ids, or timestamps, come from: the first of `count` consecutive ones. */
export interface NumberSource {
  allocate(count: number): Promise<bigint>;
}

/** Visible rows of a collection: whole, and of each partition that has some. */
export interface RowCounts {
  readonly rows: bigint;
  readonly partitions: ReadonlyMap<bigint, bigint>;
}

/** What the declarations of databases, collections and indexes work with. */
export interface DdlDeps {
  readonly store: MetaStore;
  readonly ids: NumberSource;
  /** Hybrid timestamps, strictly increasing. */
  readonly tso: NumberSource;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly rowCounts: (collectionId: bigint) => Promise<RowCounts>;
  /** Called after a collection was dropped. */
  readonly onDropped: (collectionId: bigint) => void;
  /** Called after a collection was given another name. */
  readonly onRenamed: (collectionId: CollectionId, name: string) => void;
  /** Jobs of a collection that have not ended, but for merges of its segments; ascending. */
  readonly openJobs: (collectionId: bigint) => readonly JobId[];
  /** How many querynodes live. */
  readonly queryNodes: () => number;
  readonly limits: DdlLimits;
  /** Servers that functions may ask for vectors. */
  readonly models: ModelServers;
}
