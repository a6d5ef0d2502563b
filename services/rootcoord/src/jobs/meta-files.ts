import { createHash } from "node:crypto";
import { mapConcurrent } from "@sluice/async";
import type { ObjectStore } from "@sluice/object-store";

/** A file of an export that says what the others are: its path below the export's folder, and its bytes. */
export type MetaFile = readonly [path: string, bytes: Uint8Array];

/** Meta files of an export, each made when it is about to be written: a snapshot has one for each segment. */
export interface MetaFiles {
  readonly files: Iterable<MetaFile>;
  /** Makes the folder what it is, and is written when all others stand. */
  readonly last: (() => MetaFile) | undefined;
}

/** Of an export whose form has none. */
export const noMetaFiles: MetaFiles = { files: [], last: undefined };

/** What is kept of a meta file that was written. */
export interface WrittenMetaFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Files that are on their way, and in memory. */
const PUTS_AT_ONCE = 8;

/** Writes them below `folder`, and answers them in their order. @throws as `ObjectWrites.put` */
export async function putMetaFiles(
  store: Pick<ObjectStore, "put">,
  folder: string,
  { files, last }: MetaFiles,
  signal: AbortSignal,
): Promise<WrittenMetaFile[]> {
  const put = async ([path, bytes]: MetaFile): Promise<WrittenMetaFile> => {
    await store.put(`${folder}/${path}`, [bytes], signal);
    return { path, sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const written = await Array.fromAsync(mapConcurrent(files, PUTS_AT_ONCE, put));
  return last ? [...written, await put(last())] : written;
}
