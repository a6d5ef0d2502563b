import {
  type RecordEntry,
  RecordTable,
  UPLOAD_PARTS,
  type UploadPartRecord,
  VOLUME_CONTENTS,
  VOLUME_FILES,
  type VolumeContentRecord,
  type VolumeFileRecord,
} from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";

/** The tables of what a volume holds. */
export class VolumeTables {
  readonly files: RecordTable<VolumeFileRecord, readonly string[]>;
  readonly contents: RecordTable<VolumeContentRecord, readonly [string, string]>;
  readonly parts: RecordTable<UploadPartRecord, readonly [string, string, number]>;

  constructor(store: MetaStore) {
    this.files = new RecordTable(store, VOLUME_FILES);
    this.contents = new RecordTable(store, VOLUME_CONTENTS);
    this.parts = new RecordTable(store, UPLOAD_PARTS);
  }

  /** @param path its parts divided by `/`, each a part of the key */
  file(volumeId: string, path: string): Promise<RecordEntry<VolumeFileRecord> | undefined> {
    return this.files.get([volumeId, ...path.split("/")]);
  }
}
