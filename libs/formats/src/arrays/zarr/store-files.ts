/** Files in which a store says what it holds, hidden or not. */
const notes: ReadonlySet<string> = new Set([".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json"]);
/** Those that tell of an array or a group. */
const nodes: ReadonlySet<string> = new Set([".zarray", ".zgroup", "zarr.json"]);

/** Whether a name is one that programs hide, and a zarr store needs. */
export function isZarrNote(name: string): boolean {
  return notes.has(name);
}

/** The folders of all arrays and groups, in the order of the files. */
export function zarrFolders(paths: readonly string[]): string[] {
  const folders = paths.filter((path) => nodes.has(baseOf(path))).map((path) => path.slice(0, -baseOf(path).length));
  return [...new Set(folders)];
}

/** The folder of the store that files make, with all of them below it; undefined where they make none, or more. */
export function zarrRoot(paths: readonly string[]): string | undefined {
  const [root] = zarrFolders(paths).sort((a, b) => a.length - b.length);
  return root !== undefined && paths.every((path) => path.startsWith(root)) ? root : undefined;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
