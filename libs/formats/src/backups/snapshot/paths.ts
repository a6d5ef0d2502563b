/** Where a snapshot has its own files, below its root. Source: Milvus `GetSnapshotPaths`. */
export function snapshotPaths(collectionId: bigint, snapshotId: bigint) {
  const folder = `snapshots/${collectionId}`;
  return {
    metadata: `${folder}/metadata/${snapshotId}.json`,
    manifest: (segmentId: bigint) => `${folder}/manifests/${snapshotId}/${segmentId}.avro`,
  };
}
