import type { FileGroupRecord } from "@sluice/catalog";
import { type Companions, companionsOf, isCompanion } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";

/** Files that are looked at beside one: a store has a folder for each of its collections. */
const MAX_LOOKED_AT = 10_000;

/**
 * A group with the files that belong to its own without being named, such as the log of a database.
 * @throws {ImportError} as `Sources.list`
 */
export async function withCompanions<G extends FileGroupRecord>(
  sources: Sources,
  group: G,
  bucket: string | undefined,
): Promise<G> {
  const found: SourceRef[] = [];
  for (const { path } of group.files) {
    const companions = companionsOf(group.format, path);
    if (companions) found.push(...(await filesBeside(sources, path, companions, bucket)));
  }
  const others = found.filter((file) => !group.files.some(({ path }) => path === file.path));
  return others.length === 0 ? group : { ...group, files: [...group.files, ...others] };
}

/** Of files that a folder or pattern stands for, those that belong to others of them. */
export function companionsAmong<F extends { readonly path: string }>(
  format: string,
  named: readonly F[],
  files: Iterable<F>,
): readonly F[] {
  const all = named.flatMap(({ path }) => companionsOf(format, path) ?? []);
  return all.length === 0 ? [] : [...files].filter((file) => all.some((one) => isCompanion(one, file.path)));
}

/** What begins with the name of the file, or lies in the folder; a listing asks for nothing that need not be there. */
async function filesBeside(
  sources: Sources,
  path: string,
  companions: Companions,
  bucket: string | undefined,
): Promise<readonly SourceRef[]> {
  const found: SourceRef[] = [];
  let looked = 0;
  for await (const file of sources.list(companions.folder ?? path, { deep: companions.folder !== undefined }, bucket)) {
    if (isCompanion(companions, file.path)) found.push(file);
    if (++looked === MAX_LOOKED_AT) break;
  }
  return found;
}
