import type { FileMetaData } from "./file-metadata.ts";

/** Columns that the metadata of GeoParquet name as well-known binary. Source: GeoParquet 1.1, "File metadata", key `geo`. */
export function geometriesOf({ geo }: Partial<FileMetaData["notes"]>): readonly string[] {
  if (!geo) return [];
  try {
    const { columns } = JSON.parse(geo) as { columns?: Readonly<Record<string, { encoding?: unknown } | null>> };
    return Object.entries(columns ?? {}).flatMap(([name, column]) => (column?.encoding === "WKB" ? [name] : []));
  } catch {
    return []; // What other programs make of the key is not the file's damage.
  }
}
