import { excerpt, ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { readPart } from "../../arrays/one-file.ts";
import { choose } from "../choose.ts";

/** Notes are some lines a field and a file; what claims more is none. */
const MAX_NOTE_BYTES = 16 << 20;

/** A field as `schema.json` has it. */
export interface LiteField {
  readonly name: string;
  /** `int64`, `float_vector`, … */
  readonly dtype: string;
  readonly is_primary?: boolean;
  readonly nullable?: boolean;
  readonly dim?: number | null;
  readonly element_type?: string | null;
}

/** The files of one collection. */
export interface LiteFiles {
  readonly fields: readonly LiteField[];
  /** Name of the primary key. */
  readonly key: LiteField;
  readonly hasMeta: boolean;
  /** Changes up to this one are in data and delta files, also where a log still has them. */
  readonly savedSeq: bigint;
  readonly data: readonly SourceFile[];
  readonly deltas: readonly SourceFile[];
  readonly dataLogs: readonly SourceFile[];
  readonly deltaLogs: readonly SourceFile[];
}

interface Manifest {
  readonly current_seq?: unknown;
  readonly partitions?: Readonly<Record<string, { data_files?: readonly string[]; delta_files?: readonly string[] }>>;
}

interface Schema {
  readonly fields?: readonly LiteField[];
  readonly enable_dynamic_field?: boolean;
}

/**
 * The collection that an import means, by its manifest and schema. Seen with Milvus Lite 3.2.2.
 * @throws {ImportError} `request_invalid`, `malformed_file`, `file_not_found`
 */
export async function liteFiles(
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<LiteFiles> {
  const folders = sources.flatMap(({ path }) => /^(.*\/)manifest\.json$/.exec(path)?.[1] ?? []);
  const named = folders.map((folder) => ({ name: folder.split("/").at(-2) ?? "", folder }));
  const { folder } = choose(named, "collection", options);
  const at = (path: string) => {
    const found = sources.find((source) => source.path === folder + path);
    if (found) return found;
    throw new ImportError("file_not_found", `a file of the collection is not there: ${excerpt(path)}`, {
      file: folder,
    });
  };
  const manifest = await noteOf<Manifest>(at("manifest.json"), signal);
  const schema = fieldsOf(await noteOf<Schema>(at("schema.json"), signal), `${folder}schema.json`);
  const parts = Object.entries(manifest.partitions ?? {});
  const listed = (kind: "data_files" | "delta_files") =>
    parts.flatMap(([name, part]) => (part[kind] ?? []).map((file) => at(`partitions/${name}/${file}`)));
  const logs = (kind: string) => sources.filter(({ path }) => path.startsWith(`${folder}wal/wal_${kind}_`));
  return {
    ...schema,
    savedSeq: BigInt(Math.trunc(Number(manifest.current_seq ?? 0)) || 0),
    ...{ data: listed("data_files"), deltas: listed("delta_files") },
    ...{ dataLogs: logs("data"), deltaLogs: logs("delta") },
  };
}

function fieldsOf(
  { fields, enable_dynamic_field: hasMeta }: Schema,
  file: string,
): Pick<LiteFiles, "fields" | "key" | "hasMeta"> {
  const isField = (field: LiteField | null) => typeof field?.name === "string" && typeof field.dtype === "string";
  const key = Array.isArray(fields) && fields.every(isField) && fields.find((one) => one.is_primary);
  if (fields && key) return { fields, key, hasMeta: hasMeta === true };
  throw new ImportError("malformed_file", "the schema has no primary key, or a field without name and type", { file });
}

async function noteOf<T>(file: SourceFile, signal: AbortSignal): Promise<T> {
  try {
    if (file.sizeBytes > MAX_NOTE_BYTES)
      throw new ImportError("malformed_file", `the note has more than ${MAX_NOTE_BYTES} bytes`);
    const { buffer } = await readPart(file, 0, file.sizeBytes, "the note", signal);
    const value: unknown = JSON.parse(Buffer.from(buffer).toString());
    if (typeof value === "object" && value !== null) return value as T;
    throw new SyntaxError("no object");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw locate(error, { file: file.path });
    throw new ImportError("malformed_file", "the note is no JSON object", { file: file.path }, { cause: error });
  }
}
