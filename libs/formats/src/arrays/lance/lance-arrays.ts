import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { Damage, damageError, NotSupported } from "@sluice/parquet";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { arraySet } from "../one-file.ts";
import type { LiveRows } from "../row-source.ts";
import { columnHeader } from "./column-header.ts";
import { ColumnValues } from "./column-values.ts";
import { DataFile, type LancePage } from "./data-file.ts";
import { liveRows } from "./live-rows.ts";
import { columnUnsupported, type LanceField, type LanceManifest, parseManifest } from "./manifest.ts";

const MAX_MANIFEST_BYTES = 64 << 20;

/** The columns of a table by their names. @param sources its manifest, then its data files */
export async function lanceArrays(sources: readonly SourceFile[], signal: AbortSignal): Promise<ArraySet> {
  const [note] = sources;
  const at = note.path.lastIndexOf("_versions/");
  if (at < 0 || note.sizeBytes > MAX_MANIFEST_BYTES)
    throw new ImportError("unsupported", "the files are not those of one Lance table: name its folder");
  const bytes = new Uint8Array(note.sizeBytes);
  await note.readInto(0, bytes, signal);
  const table = new LanceTable(parseManifest(bytes, note.path), note.path.slice(0, at), sources);
  const live = table.live();
  return { ...arraySet("Lance table", table.arrays()), ...(live && { live }) };
}

class LanceTable {
  readonly #manifest: LanceManifest;
  readonly #folder: string;
  readonly #sources: ReadonlyMap<string, SourceFile>;
  readonly #open = new Map<string, Promise<DataFile>>();

  constructor(manifest: LanceManifest, folder: string, sources: readonly SourceFile[]) {
    this.#manifest = manifest;
    this.#folder = folder;
    this.#sources = new Map(sources.map((source) => [source.path, source]));
  }

  arrays(): NamedArray[] {
    const [source] = this.#sources.values();
    return this.#manifest.fields
      .filter(({ isTop }) => isTop)
      .map((field) => {
        const header = (signal = new AbortController().signal) => this.#header(field, signal);
        const base = { name: field.name, source, header };
        return field.type.startsWith("fixed_size_list:") ? { ...base, role: "vectors" } : base;
      });
  }

  /** Undefined where no row was deleted. */
  live(): LiveRows | undefined {
    const { fragments } = this.#manifest;
    if (fragments.every(({ deletions }) => !deletions)) return undefined;
    return liveRows(fragments, (path) => this.#source(path));
  }

  async #header(field: LanceField, signal: AbortSignal): Promise<ArrayHeader> {
    const parts: { file: DataFile; pages: LancePage[] }[] = [];
    let rowCount = 0;
    for (const { rowCount: rows, files } of this.#manifest.fragments) {
      const found = files.find(({ fields }) => fields.includes(field.id));
      if (!found) throw columnUnsupported(field.name, "is not in all of its files, and null in the rest");
      const file = await this.#file(found.path, signal);
      const pages = await this.#pages(field, file, found.columns[found.fields.indexOf(field.id)], signal);
      const there = pages.reduce((sum, page) => sum + page.rowCount, 0);
      if (there !== rows)
        throw damageError(new Damage(`column '${field.name}' has ${there} rows of ${rows}`), "the Lance file", {
          file: file.source.path,
        });
      parts.push({ file, pages });
      rowCount += rows;
    }
    return await columnHeader(field, rowCount, new ColumnValues(parts), signal);
  }

  async #pages(field: LanceField, file: DataFile, column: number, signal: AbortSignal): Promise<LancePage[]> {
    try {
      return await file.pages(column, signal);
    } catch (error) {
      const cause = error instanceof ImportError ? error.cause : undefined;
      if (!(cause instanceof NotSupported)) throw error;
      throw locate(columnUnsupported(field.name, `is not read: ${cause.message}`), { file: file.source.path });
    }
  }

  #file(path: string, signal: AbortSignal): Promise<DataFile> {
    const opened = this.#open.get(path) ?? DataFile.open(this.#source(path), signal);
    this.#open.set(path, opened);
    return opened;
  }

  #source(path: string): SourceFile {
    const source = this.#sources.get(this.#folder + path);
    if (source) return source;
    throw new ImportError("file_not_found", `a file that the Lance table names is not there: ${path}`);
  }
}
