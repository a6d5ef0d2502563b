import { ImportError } from "@sluice/errors";
import type { SourceRef, Sources } from "@sluice/object-store";

/** What notes may have, each: a commit of a table with ten thousand files. */
export const MAX_NOTE_BYTES = 64 << 20;

/** The last part of its path. */
export function nameOf({ path }: SourceRef): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A small file that says something of others. @throws {ImportError} `unsupported` for one that is not small */
export async function textOf(sources: Sources, ref: SourceRef): Promise<string> {
  return (await bytesOf(sources, ref)).toString();
}

/** A file of notes, whole. @throws {ImportError} `unsupported` for a large one; as `Sources.open` */
export async function bytesOf(sources: Sources, ref: SourceRef): Promise<Buffer> {
  checkSize(ref);
  await using file = await sources.open(ref);
  return Buffer.concat(await Array.fromAsync(file.read()));
}

/** @throws {ImportError} `unsupported` */
export function checkSize({ path, sizeBytes }: SourceRef): void {
  if (sizeBytes <= MAX_NOTE_BYTES) return;
  throw new ImportError("unsupported", `the file has ${sizeBytes} bytes, more than ${MAX_NOTE_BYTES}`, { file: path });
}
