// Files of an Iceberg table, and which of them delete rows of which. Source: iceberg.apache.org, "Iceberg Table Spec", §Scan Planning.

/** What a file holds: rows, places of rows that are deleted, or values of such rows. */
export const DATA = 0;
const EQUALITY_DELETES = 2;
/** What the snapshot has removed. */
const DELETED = 2;
/** The field of a delete file in which the names of data files stand. */
const FILE_PATH_ID = 2_147_483_546;

/** A file that is part of the table now. */
export interface IcebergFile {
  /** As the table calls it. */
  readonly path: string;
  readonly content: number;
  readonly format: string;
  /** Later changes have higher ones. */
  readonly sequence: number;
  /** Of deletes: the only file that they concern, where it is known. */
  readonly only: string | undefined;
}

interface Bound {
  readonly key: number;
  readonly value: Uint8Array;
}

/** @param entry of a manifest @param added the sequence number of what its manifest has added @returns undefined for what is removed */
export function fileOf(entry: Readonly<Record<string, unknown>>, added: number): IcebergFile | undefined {
  if (entry.status === DELETED) return undefined;
  const file = entry.data_file as Readonly<Record<string, unknown>>;
  const { file_path, content = DATA, file_format } = file;
  return {
    ...{ path: String(file_path), content: Number(content), format: String(file_format).toUpperCase() },
    ...{ sequence: Number(entry.sequence_number ?? added), only: onlyFileOf(file) },
  };
}

function onlyFileOf({ referenced_data_file: told, lower_bounds, upper_bounds }: Readonly<Record<string, unknown>>) {
  if (typeof told === "string") return told;
  const [low, high] = [lower_bounds, upper_bounds].map((bounds) => {
    const found = (bounds as readonly Bound[] | null | undefined)?.find(({ key }) => key === FILE_PATH_ID);
    return found && Buffer.from(found.value).toString();
  });
  return low === high ? low : undefined;
}

/**
 * Whether a delete file may concern a row of these files. One that does not stays in a table whose files were written anew, until
 * somebody removes it.
 */
export function mayDelete({ content, sequence, only }: IcebergFile, data: readonly IcebergFile[]): boolean {
  if (content === EQUALITY_DELETES) return data.some((file) => file.sequence < sequence);
  return data.some((file) => file.sequence <= sequence && (only === undefined || only === file.path));
}
