declare const brand: unique symbol;
type Id<Name extends string> = bigint & { readonly [brand]: Name };

/** Ids are int64 on the wire, positive, below 2^53, and unique across kinds: one allocator hands them all out. */
export type CollectionId = Id<"collection">;
/** See `CollectionId`. */
export type PartitionId = Id<"partition">;
/** See `CollectionId`. It is never given twice, so that objects below it have one writer. */
export type SegmentId = Id<"segment">;
/** See `CollectionId`. Clients get it as text. */
export type JobId = Id<"job">;
/** See `CollectionId`. */
export type TaskId = Id<"task">;
/** See `CollectionId`. A process that starts again gets another one. */
export type NodeId = Id<"node">;

/** Unchecked: of a number that is known to be one. */
export const collectionId = (value: bigint): CollectionId => value as CollectionId;
/** Unchecked: of a number that is known to be one. */
export const partitionId = (value: bigint): PartitionId => value as PartitionId;
/** Unchecked: of a number that is known to be one. */
export const segmentId = (value: bigint): SegmentId => value as SegmentId;
/** Unchecked: of a number that is known to be one. */
export const jobId = (value: bigint): JobId => value as JobId;
/** Unchecked: of a number that is known to be one. */
export const taskId = (value: bigint): TaskId => value as TaskId;
/** Unchecked: of a number that is known to be one. */
export const nodeId = (value: bigint): NodeId => value as NodeId;
