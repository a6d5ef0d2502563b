import { mapConcurrent } from "@sluice/async";
import { excerptOfList, ImportError, locate } from "@sluice/errors";
import {
  type BackupCollection,
  readManifest,
  type SegmentManifest,
  snapshotCollection,
  snapshotMetadata,
} from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { bytesOf, textOf } from "../note-files.ts";

/** Manifests that are read at once: each is a small file of its own. */
const READS_AT_ONCE = 8;

/** The metadata of a snapshot, below the root of the bundle, or of the Milvus that made it. */
const METADATA = /^(.*\/|)snapshots\/(\d{1,19})\/metadata\/(\d{1,19})\.json$/;

/** A snapshot of a collection, by Milvus 3 or by an export. */
interface Snapshot {
  readonly collection: BackupCollection;
  /** Where its logs lie in the folders that Milvus has for them; ends in `/`. */
  readonly logFolder: string;
}

/** Whether a path is that of a snapshot's metadata, as Milvus's `RestoreExternalSnapshot` takes it. */
export function isSnapshotMetadata(path: string): boolean {
  return METADATA.test(path);
}

/** The folder of the bundle that the metadata of a snapshot is of; undefined of other paths. */
export function snapshotRoot(path: string): string | undefined {
  return METADATA.exec(path)?.[1];
}

/**
 * The metadata of the one snapshot that a folder has; undefined where it has none.
 * @param folder ends in `/`
 * @throws {ImportError} `request_invalid` for several; as `Sources.list`
 */
export async function findSnapshot(
  sources: Sources,
  folder: string,
  bucket: string | undefined,
): Promise<SourceRef | undefined> {
  const found: SourceRef[] = [];
  for await (const file of sources.list(`${folder}snapshots/`, {}, bucket))
    if (isSnapshotMetadata(file.path)) found.push(file);
  if (found.length < 2) return found[0];
  const names = excerptOfList(found.map(({ path }) => path.slice(folder.length)));
  const reason = `the folder has ${found.length} snapshots: name one by its metadata file, of ${names}`;
  throw new ImportError("request_invalid", reason, { file: folder });
}

/**
 * What a snapshot has: its collection as the metadata describes it, and the segments of its manifests. Where it was written does not
 * matter, only where its metadata is found.
 * @throws {ImportError} `malformed_file`, `file_not_found`; `unsupported` for versions that are not read
 */
export async function readSnapshot(sources: Sources, file: SourceRef, bucket: string | undefined): Promise<Snapshot> {
  const [, root = "", collectionId, snapshotId] = METADATA.exec(file.path) ?? [];
  const metadata = snapshotMetadata(file.path, await textOf(sources, file));
  if (metadata.collection.id !== collectionId)
    throw new ImportError(
      "malformed_file",
      `the snapshot is of collection ${metadata.collection.id}, and lies in the folder of another`,
      { file: file.path },
    );
  const folder = `${root}snapshots/${collectionId}/manifests/${snapshotId}/`;
  const read = async (name: string) => {
    const manifest = await sources.find(`${folder}${name}`, bucket);
    return readManifest(manifest.path, await bytesOf(sources, manifest), metadata.version);
  };
  const manifests: SegmentManifest[] = await Array.fromAsync(mapConcurrent(metadata.manifests, READS_AT_ONCE, read));
  try {
    return { collection: snapshotCollection(metadata, manifests), logFolder: `${root}${metadata.filesFolder}` };
  } catch (error) {
    throw locate(error, { file: file.path });
  }
}
