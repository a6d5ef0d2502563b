import type { FileGroupRecord } from "@sluice/catalog";
import { excerptOfList } from "@sluice/errors";
import { type FieldPlan, FolderPlan, type Folders, type FolderValues, foldersOf } from "@sluice/formats";
import type { RequestFiles } from "./request-files.ts";

/**
 * Files that were found in folders `key=value` with what these say of their rows.
 * @throws {ImportError} as `FolderPlan.valuesOf`
 */
export function withFolderValues(
  { groups, warnings }: RequestFiles,
  plan: FieldPlan,
  options: Readonly<Record<string, string>>,
): RequestFiles {
  const folders = groups.map(({ from, files }): Folders => (from === undefined ? new Map() : foldersOf(files[0].path)));
  const folderPlan = new FolderPlan(plan, options, folders);
  const known = new Map<string, FolderValues | undefined>();
  const extended = groups.map((group, i): FileGroupRecord => {
    const id = JSON.stringify([...folders[i]]);
    if (!known.has(id)) known.set(id, folderPlan.valuesOf(folders[i]));
    const values = known.get(id);
    return values ? { ...group, folders: values } : group;
  });
  const { leftOut } = folderPlan;
  const warning = `folders that no field takes: ${excerptOfList(leftOut.map((key) => `${key}=…`))}`;
  return { groups: extended, warnings: leftOut.length > 0 ? [...warnings, warning] : warnings };
}
