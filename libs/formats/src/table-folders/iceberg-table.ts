import { excerptOfList, ImportError } from "@sluice/errors";
import { readAvro } from "../avro/container.ts";
import { DATA, fileOf, type IcebergFile, mayDelete } from "./iceberg-files.ts";

// What an Iceberg table consists of now. Source: iceberg.apache.org, "Iceberg Table Spec", versions 1 to 3.

interface Metadata {
  readonly "format-version": number;
  readonly location: string;
  readonly "current-snapshot-id"?: string | number | null;
  readonly snapshots?: readonly Snapshot[];
  readonly schema?: IcebergSchema;
  readonly schemas?: readonly IcebergSchema[];
  readonly "encryption-keys"?: readonly object[];
}
interface Snapshot {
  readonly "snapshot-id": string | number;
  readonly "manifest-list"?: string;
  readonly manifests?: readonly string[];
}
interface IcebergSchema {
  readonly fields: readonly { readonly id: number; readonly name: string }[];
}

/** The name of the newest metadata among the files of `metadata/`; undefined where there is none. */
export function newestMetadata(names: readonly string[]): string | undefined {
  const versions = names.flatMap((name) => {
    const [, version] = /^v?(\d+)(?:-[^/]*)?(?:\.gz)?\.metadata\.json(?:\.gz)?$/.exec(name) ?? [];
    return version === undefined ? [] : [{ name, version: Number(version) }];
  });
  return versions.toSorted((a, b) => b.version - a.version || (a.name < b.name ? 1 : -1))[0]?.name;
}

/** Reads a file of the table, by its path below the folder. */
export type ReadTableFile = (path: string) => Promise<Uint8Array>;

/**
 * Paths, below the folder, of the data files of the current snapshot.
 * @param folder for errors @throws {ImportError} `unsupported` where rows of these are deleted, or columns were renamed
 */
export async function icebergFiles(metadataText: string, folder: string, read: ReadTableFile): Promise<string[]> {
  const table = new IcebergTable(metadataText, folder);
  const live: IcebergFile[] = [];
  for (const manifest of await table.manifests(read))
    for (const entry of readAvro(await read(manifest.path))) {
      const file = fileOf(entry, manifest.sequence);
      if (file) live.push(file);
    }
  const data = live.filter(({ content }) => content === DATA);
  if (live.some((file) => file.content !== DATA && mayDelete(file, data)))
    throw table.refused(
      "rows of its files are deleted by delete files: compact the table (rewrite_data_files with rewrite-all and delete-file-threshold=1)",
    );
  const other = data.find(({ format }) => format !== "PARQUET");
  if (other) throw table.refused(`a file of it is ${other.format}`);
  return data.map(({ path }) => table.below(path));
}

class IcebergTable {
  readonly #metadata: Metadata;
  readonly #folder: string;

  constructor(text: string, folder: string) {
    this.#folder = folder;
    this.#metadata = parsed(text, folder);
    const version = this.#metadata["format-version"];
    if (version !== 1 && version !== 2 && version !== 3) throw this.refused(`it is of version ${version}`);
    this.#checkNames();
    if (version === 3) this.#checkPlain();
  }

  refused(why: string): ImportError {
    const reason = `the Iceberg table is not read: ${why}; or export the rows that you mean as plain Parquet files`;
    return new ImportError("unsupported", reason, { file: this.#folder });
  }

  /** What version 3 may keep in its notes alone: values of rows in older files, and keys of encrypted ones. */
  #checkPlain(): void {
    const { schemas = [], "encryption-keys": keys = [] } = this.#metadata;
    if (JSON.stringify(schemas).includes('"initial-default"'))
      throw this.refused(
        "columns of it were added with a default for the rows that were there: rewrite its data files",
      );
    if (keys.length > 0) throw this.refused("it is encrypted");
  }

  /** Files keep the names that columns had: one that was renamed, or dropped and made anew, would be another. */
  #checkNames(): void {
    const { schema, schemas = schema ? [schema] : [] } = this.#metadata;
    const names = new Map<number, Set<string>>();
    const ids = new Map<string, Set<number>>();
    for (const { fields } of schemas) {
      for (const { id, name } of fields) {
        names.set(id, (names.get(id) ?? new Set()).add(name));
        ids.set(name, (ids.get(name) ?? new Set()).add(id));
      }
    }
    const renamed = [...names.values()].filter((all) => all.size > 1).map((all) => [...all].join(" → "));
    const reused = [...ids].filter(([, all]) => all.size > 1).map(([name]) => name);
    if (renamed.length > 0)
      throw this.refused(`columns of it were renamed (${excerptOfList(renamed)}): rewrite its data files`);
    if (reused.length > 0)
      throw this.refused(`columns of it were dropped and made anew (${excerptOfList(reused)}): rewrite its data files`);
  }

  /** With the sequence numbers of what they add. */
  async manifests(read: ReadTableFile): Promise<{ readonly path: string; readonly sequence: number }[]> {
    const current = this.#metadata["current-snapshot-id"];
    const snapshot = this.#metadata.snapshots?.find((one) => String(one["snapshot-id"]) === String(current));
    if (!snapshot) return [];
    const { "manifest-list": list, manifests = [] } = snapshot;
    if (list === undefined) return manifests.map((path) => ({ path: this.below(path), sequence: 0 }));
    return readAvro(await read(this.below(list))).map(({ manifest_path, sequence_number = 0 }) => ({
      path: this.below(String(manifest_path)),
      sequence: Number(sequence_number),
    }));
  }

  /** A path of the table's metadata from its folder on, which may have been moved as a whole. */
  below(path: string): string {
    const location = this.#metadata.location.replace(/\/+$/, "");
    if (path.startsWith(`${location}/`)) return path.slice(location.length + 1);
    throw this.refused("its files lie elsewhere than its location");
  }
}

/** Ids of snapshots are beyond 2^53: they stay as they are written. */
function parsed(text: string, folder: string): Metadata {
  const keep = (_key: string, value: unknown, { source = "" }: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) ? source : value;
  try {
    return JSON.parse(text, keep as never);
  } catch (error) {
    throw new ImportError(
      "malformed_file",
      "the metadata of the Iceberg table are no JSON",
      { file: folder },
      { cause: error },
    );
  }
}
