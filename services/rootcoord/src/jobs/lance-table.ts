import { ImportError } from "@sluice/errors";
import { lanceFiles, newestManifest } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { bytesOf, nameOf } from "./note-files.ts";

const DELETIONS = "_deletions/";

/** The newest manifest of a Lance table, and the files that it names. @param below files by their paths below the folder */
export async function lanceTable(
  sources: Sources,
  path: string,
  below: ReadonlyMap<string, SourceRef>,
  bucket: string | undefined,
): Promise<readonly SourceRef[]> {
  const notes = await Array.fromAsync(sources.list(`${path}_versions/`, { deep: false }, bucket));
  const newest = newestManifest(notes.map(nameOf));
  const manifest = notes.find((note) => nameOf(note) === newest);
  if (!manifest)
    throw new ImportError("file_not_found", "the Lance table has no manifest in _versions/", { file: path });
  const names = [...new Set(lanceFiles(await bytesOf(sources, manifest), manifest.path))];
  const hidden = names.some((name) => name.startsWith(DELETIONS))
    ? await Array.fromAsync(sources.list(path + DELETIONS, { deep: false }, bucket))
    : [];
  const deletions = new Map(hidden.map((file) => [file.path.slice(path.length), file]));
  const files = names.map((name) => {
    const found = below.get(name) ?? deletions.get(name);
    if (found) return found;
    throw new ImportError("file_not_found", `a file that the Lance table names is not there: ${name}`, { file: path });
  });
  return [manifest, ...files];
}
