import { readFileSync } from "node:fs";
import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import { readZipDirectory } from "../../src/archives/zip-directory.ts";
import { openZipMember } from "../../src/archives/zip-member.ts";

/** Files by their names. */
export type Files = Map<string, Uint8Array>;

/** The files of a fixture that is packed into an archive, below a folder. */
export async function unpackedFixture(archivePath: string, folder: string): Promise<Files> {
  const archive = await memoryFile(archivePath, readFileSync(archivePath));
  const files: Files = new Map();
  for (const entry of await readZipDirectory(archive)) {
    const bytes = new Uint8Array(entry.sizeBytes);
    await using member = await openZipMember(archive, entry, entry.name);
    await member.readInto(0, bytes);
    files.set(folder + entry.name, bytes);
  }
  return files;
}

export async function filesInMemory(files: Files): Promise<SourceFile[]> {
  return await Array.fromAsync([...files], ([path, bytes]) => memoryFile(path, bytes));
}
