import { DataType } from "@sluice/schema";
import type { Folders } from "../folder-values.ts";
import type { ColumnDescription } from "../format.ts";

/** What the folders of a file say of all its rows, and those of all files that are looked at or imported together with it. */
export interface FoundFolders {
  readonly own: Folders;
  readonly all: readonly Folders[];
}

/** Of a file whose path says nothing of its rows. */
export const noFolders: FoundFolders = { own: new Map(), all: [] };

/** Their keys as columns: integers where every folder says one, and null where one says nothing. */
export function folderColumns({ own, all }: FoundFolders): ColumnDescription[] {
  const folders = all.length > 0 ? all : [own];
  const keys = new Set(folders.flatMap((found) => [...found.keys()]));
  return [...keys].map((name) => {
    const values = new Set(folders.map((found) => found.get(name)));
    const texts = [...values].filter((value) => typeof value === "string");
    const areIntegers = texts.length > 0 && texts.every((text) => /^-?\d{1,15}$/.test(text));
    return {
      ...{ name, type: "name of a folder", isNullable: texts.length < values.size },
      dataType: areIntegers ? DataType.Int64 : DataType.VarChar,
    };
  });
}
