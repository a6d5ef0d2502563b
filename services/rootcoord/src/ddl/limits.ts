/** Bounds of what can be declared, each inclusive. */
export interface DdlLimits {
  readonly maxDatabases: number;
  readonly maxShards: number;
  /** Shards of a collection that asks for none. */
  readonly defaultShards: number;
  readonly maxPartitions: number;
  /** Partitions of a collection with a partition key that asks for none. */
  readonly defaultPartitions: number;
  readonly maxFields: number;
  readonly maxVectorFields: number;
  readonly maxVarCharLength: number;
  readonly maxArrayCapacity: number;
  /** Of all dense vectors but binary ones. */
  readonly maxDim: number;
  /** Bits of a binary vector. */
  readonly maxBinaryDim: number;
}

/** Source: Milvus's configuration, as in the client contract §2.3 and around-import §4.1. */
export const defaultLimits: DdlLimits = {
  maxDatabases: 64,
  maxShards: 16,
  defaultShards: 1,
  maxPartitions: 1024,
  defaultPartitions: 16,
  maxFields: 256,
  maxVectorFields: 10,
  maxVarCharLength: 65_535,
  maxArrayCapacity: 4096,
  maxDim: 32_768,
  maxBinaryDim: 262_144,
};

/** What a schema is checked against. */
export interface SchemaRules {
  readonly limits: DdlLimits;
  /** Zone of Timestamptz defaults without offset. */
  readonly timezone: string;
}
