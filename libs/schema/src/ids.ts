declare const brand: unique symbol;
type Id<Name extends string> = bigint & { readonly [brand]: Name };

/** Ids are int64 on the wire, positive, below 2^53, and unique across kinds: one allocator hands them all out. */
export type CollectionId = Id<"collection">;
export type PartitionId = Id<"partition">;
export type SegmentId = Id<"segment">;
export type JobId = Id<"job">;
export type TaskId = Id<"task">;
export type NodeId = Id<"node">;

export const collectionId = (value: bigint): CollectionId => value as CollectionId;
export const partitionId = (value: bigint): PartitionId => value as PartitionId;
export const segmentId = (value: bigint): SegmentId => value as SegmentId;
export const jobId = (value: bigint): JobId => value as JobId;
export const taskId = (value: bigint): TaskId => value as TaskId;
export const nodeId = (value: bigint): NodeId => value as NodeId;
