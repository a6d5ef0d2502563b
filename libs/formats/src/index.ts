export {
  type ArchiveMember,
  archiveMembers,
  checkMembers,
  type FileRef,
  isArchive,
  memberOfPath,
  openFiles,
} from "./archives/archive.ts";
export { lanceFiles, newestManifest } from "./arrays/lance/manifest.ts";
export { isZarrNote, zarrFolders, zarrRoot } from "./arrays/zarr/store-files.ts";
export type { BackupCollection, BackupField, BackupPartition, BackupSegment } from "./backups/backup.ts";
export {
  ALL_PARTITIONS,
  BACKUP_LOGS,
  BACKUP_META,
  backupCollections,
  backupFieldIds,
} from "./backups/milvus-backup.ts";
export { MILVUS1_FILES, milvus1Collections, milvus1Dump } from "./backups/milvus1-meta.ts";
export { milvus1Sqlite } from "./backups/milvus1-sqlite.ts";
export { jsonPointer } from "./backups/snapshot/json-path.ts";
export { readManifest, type SegmentManifest, segmentLevels, writeManifest } from "./backups/snapshot/manifest.ts";
export { SNAPSHOT_VERSION } from "./backups/snapshot/manifest-schema.ts";
export { snapshotCollection, snapshotMetadata } from "./backups/snapshot/milvus-snapshot.ts";
export { snapshotPaths } from "./backups/snapshot/paths.ts";
export { checkColumns } from "./checked-columns.ts";
export {
  COLUMN_GROUPS,
  COMMIT_TS,
  type ColumnGroup,
  DELTA_LOGS,
  FIELD_IDS,
  firstRowIds,
  groupedFolder,
  META_ROWS,
  manifestAt,
  readDeltaFile,
  readGroupedSegment,
  timeBounds,
} from "./columnar/segments/index.ts";
export { withFolderKeys } from "./folder-keys.ts";
export { FolderPlan, type Folders, folderNamesOf, foldersOf } from "./folder-values.ts";
export type {
  BatchOptions,
  ColumnDescription,
  FileProbe,
  FileText,
  Format,
  FormatReader,
  OnReject,
  ProbeInput,
  ReaderInput,
  RejectedRow,
  SourceDescription,
  SourceRange,
} from "./format.ts";
export { formatNamed, formatOfPath, formatOptionKeys, formatsWithOption, openReader } from "./format-list.ts";
export {
  checkRequestedPaths,
  type FileGroup,
  type FoundGroups,
  formatByOption,
  groupFlatFiles,
  groupFoundFiles,
  groupNestedFiles,
  type ToFormat,
} from "./group-files.ts";
export { type Inspection, inspectGroup } from "./inspect/inspect-group.ts";
export { mergeSchemas } from "./inspect/merge-schemas.ts";
export { JOINED } from "./joined/joined-format.ts";
export type { FolderValues } from "./plan/field-options.ts";
export type { FieldPlan } from "./plan/field-plan.ts";
export { type KeyUse, mixedKeysFailure } from "./plan/mixed-keys.ts";
export { autoKeyRefused } from "./plan/refusals.ts";
export type { TableNames } from "./plan/table-names.ts";
export { planFields, planGivenRows } from "./plan-fields.ts";
export { type Companions, companionsOf, isCompanion, storeFolder } from "./stores/store-folder.ts";
export { applyCheckpoint } from "./table-folders/delta-checkpoint.ts";
export { DeltaLog, deltaLogFiles } from "./table-folders/delta-log.ts";
export { DATASET_STATE, datasetFiles, datasetNotes } from "./table-folders/hf-dataset.ts";
export { icebergFiles, newestMetadata } from "./table-folders/iceberg-table.ts";
