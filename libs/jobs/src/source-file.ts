/** A file of an import as it was found when the import was requested; plain data. Who opens it reads that content or fails. */
export interface SourceFileRecord {
  /** As the user gave it. */
  readonly path: string;
  /** Name of the source that has it. */
  readonly source: string;
  /** What the source calls it. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Of its content, in the source's words. */
  readonly version: string;
  /** Where it lies in an archive; then the size is its own, and key and version are those of the archive. */
  readonly member?: ArchiveMemberRecord;
}

/** See `ArchiveMember` of the formats. */
export interface ArchiveMemberRecord {
  readonly archiveBytes: number;
  readonly zip?: {
    readonly name: string;
    readonly method: number;
    readonly isEncrypted: boolean;
    readonly crc32: number;
    readonly compressedBytes: number;
    readonly sizeBytes: number;
    readonly headerOffset: number;
  };
  readonly tar?: { readonly name: string; readonly offset: number; readonly sizeBytes: number };
  readonly isSequential?: true;
}

/** A storage that a job brings, in the storage's words; its secret is kept apart, and no record holds it. */
export interface BroughtSource {
  readonly name: string;
  /** Paths without the name of a source are looked for here. */
  readonly isDefault: boolean;
  readonly kind: string;
  readonly options: object;
  readonly secret?: string;
}

/** What the folders `key=value` of a file's path say of all its rows; see `FolderValues` of the formats. */
export interface FolderValuesRecord {
  readonly keys: readonly string[];
  /** JSON objects. */
  readonly fields: string;
  readonly meta: string;
}
