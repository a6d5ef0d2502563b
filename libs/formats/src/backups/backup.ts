// Collections that another program has backed up, whatever its layout: what it takes to make them again, and which segments they have.

/** A parameter or property, as Milvus's messages have them. */
export interface BackupPair {
  readonly key: string;
  readonly value: string;
}

/** A field as a backup has it: names and numbers of Milvus's own message. */
export interface BackupField {
  readonly fieldId: number;
  readonly name: string;
  readonly description: string;
  readonly dataType: number;
  readonly elementType: number;
  readonly isPrimaryKey: boolean;
  readonly autoId: boolean;
  readonly isPartitionKey: boolean;
  readonly isDynamic: boolean;
  readonly nullable: boolean;
  readonly isFunctionOutput: boolean;
  readonly typeParams: readonly BackupPair[];
  /** A serialized `schema.ValueField`. */
  readonly defaultValue: Uint8Array | undefined;
}

/** A segment of a backup, and its logs by their ids. */
export interface BackupSegment {
  /** Ids are decimal text: they pass 2^53. */
  readonly id: string;
  readonly rowCount: number;
  /** `FIELD/LOG` of each insert log, `LOG` of each delta log, as their paths end. */
  readonly logs: readonly string[];
  readonly deltas: readonly string[];
  readonly storageVersion: number;
  /** Of storage version 3: which of its manifests counts; absent = the newest. */
  readonly manifestVersion?: number;
  /** Hybrid timestamp that takes the place of those of all its rows; absent = they keep theirs. */
  readonly commitTs?: bigint;
}

/** Ids are decimal text. */
export interface BackupPartition {
  readonly id: string;
  readonly name: string;
  readonly segments: readonly BackupSegment[];
}

/** As it was declared; its own files are not read. */
export interface BackupIndex {
  readonly fieldName: string;
  readonly indexName: string;
  readonly params: readonly BackupPair[];
}

/** A function that computes fields, with the number of Milvus for its type. */
export interface BackupFunction {
  readonly name: string;
  readonly description: string;
  readonly type: number;
  readonly inputFieldNames: readonly string[];
  readonly outputFieldNames: readonly string[];
  readonly params: readonly BackupPair[];
}

/** A collection as it was when the backup was made. */
export interface BackupCollection {
  readonly id: string;
  readonly dbName: string;
  readonly name: string;
  readonly description: string;
  /** In the order of their ids; `$meta` among them where the backup has it. */
  readonly fields: readonly BackupField[];
  readonly structs: readonly {
    readonly fieldId: number;
    readonly name: string;
    readonly fields: readonly BackupField[];
  }[];
  readonly functions: readonly BackupFunction[];
  readonly enableDynamicField: boolean;
  readonly shardsNum: number;
  readonly consistencyLevel: number;
  readonly properties: readonly BackupPair[];
  readonly partitions: readonly BackupPartition[];
  readonly l0Segments: readonly BackupSegment[];
  readonly indexes: readonly BackupIndex[];
  readonly aliases: readonly string[];
  readonly isLoaded: boolean;
  /** Metadata of the snapshot that it is, below the folder of the backup; absent = the backup has its segments. */
  readonly snapshotPath?: string;
  /** What of it has no form here, or another one. */
  readonly notes: readonly string[];
}
