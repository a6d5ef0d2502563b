import { excerptOfList, ImportError } from "@sluice/errors";
import type { TableNames } from "../plan/table-names.ts";

/** A file of a Delta table that is part of it now. */
export interface DeltaFile {
  /** Below the folder of the table. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of all its rows, by the names that columns have in the file. */
  readonly partition: ReadonlyMap<string, string | null>;
}

/** One line of a commit, or one row of a checkpoint: one of its members is there. */
export interface DeltaAction {
  readonly add?: AddAction | null;
  readonly remove?: Pick<AddAction, "path" | "deletionVector"> | null;
  readonly metaData?: {
    readonly schemaString?: string;
    readonly configuration?: Readonly<Record<string, string>>;
  } | null;
  readonly protocol?: { readonly minReaderVersion?: number; readonly readerFeatures?: readonly string[] | null } | null;
}

interface AddAction {
  readonly path: string;
  readonly size?: number;
  readonly partitionValues?: Readonly<Record<string, string | null>> | null;
  readonly deletionVector?: DeletionVector | null;
}

/** Which rows of a file are deleted. */
interface DeletionVector {
  readonly storageType?: string;
  readonly pathOrInlineDv?: string;
  readonly offset?: number | null;
}

/** What a reader must know of, and this one does: none of them changes what the live files hold, or it is looked at. */
const knownFeatures: ReadonlySet<string> = new Set([
  ...["columnMapping", "deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview", "v2Checkpoint"],
  ...["vacuumProtocolCheck", "variantType", "variantType-preview", "variantShredding-preview"],
]);

/**
 * The log of a Delta table, from a checkpoint or the first commit on. Source: delta-io/delta, PROTOCOL.md.
 * @throws {ImportError} `unsupported` for what the files alone do not tell
 */
export class DeltaLog {
  readonly #folder: string;
  readonly #live = new Map<string, AddAction>();
  #schema = "";
  #mapping = "none";

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The next one in the order of the log. @throws {ImportError} `unsupported` for a protocol that is not known */
  apply({ add, remove, metaData, protocol }: DeltaAction): void {
    if (protocol) this.#checkProtocol(protocol);
    if (metaData)
      [this.#schema, this.#mapping] = [
        metaData.schemaString ?? "",
        metaData.configuration?.["delta.columnMapping.mode"] ?? "none",
      ];
    if (remove) this.#live.delete(keyOf(remove));
    if (add) this.#live.set(keyOf(add), add);
  }

  /** A commit: an action a line. */
  applyCommit(text: string, path: string): void {
    for (const line of text.split("\n")) {
      if (line.trim() === "") continue;
      try {
        this.apply(JSON.parse(line));
      } catch (error) {
        if (error instanceof ImportError) throw error;
        throw new ImportError(
          "malformed_file",
          "the log of the Delta table is no JSON",
          { file: path },
          { cause: error },
        );
      }
    }
  }

  #checkProtocol({ readerFeatures }: NonNullable<DeltaAction["protocol"]>): void {
    const unknown = (readerFeatures ?? []).filter((feature) => !knownFeatures.has(feature));
    if (unknown.length > 0) throw this.#unsupported(`it asks its readers for ${excerptOfList(unknown)}`);
  }

  #unsupported(why: string): ImportError {
    const reason = `the Delta table is not read: ${why}; write its rows to plain Parquet files`;
    return new ImportError("unsupported", reason, { file: this.#folder });
  }

  /** The files that are part of the table now. @throws {ImportError} */
  files(): DeltaFile[] {
    return [...this.#live.values()].map(({ path, size, partitionValues, deletionVector }) => {
      if (deletionVector)
        throw this.#unsupported(
          "rows of its files are deleted by deletion vectors (REORG TABLE … APPLY (PURGE) removes them)",
        );
      if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith("/"))
        throw this.#unsupported("its files lie elsewhere, as those of a shallow clone do");
      const partition = Object.entries(partitionValues ?? {}).map(
        ([key, value]) => [key, value === "" ? null : value] as const,
      );
      return { path: decodeURIComponent(path), sizeBytes: size ?? 0, partition: new Map(partition) };
    });
  }

  /** What the columns are called, by the names that they have in the files; empty where these are the same. */
  columnNames(): TableNames {
    return this.#mapping === "none" || this.#schema === "" ? {} : namesOf(JSON.parse(this.#schema), true);
  }
}

/**
 * What is added and removed: a file together with what of it is deleted. A commit that deletes rows adds the file anew and removes it as it
 * was, in any order.
 */
function keyOf({ path, deletionVector }: Pick<AddAction, "path" | "deletionVector">): string {
  if (!deletionVector) return path;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  return JSON.stringify([path, storageType, pathOrInlineDv, offset ?? null]);
}

/** A type of the table's schema. */
interface DeltaType {
  readonly type?: string;
  readonly fields?: readonly {
    readonly name: string;
    readonly type?: DeltaType | string;
    readonly metadata?: Record<string, unknown>;
  }[];
  readonly elementType?: DeltaType | string;
  readonly keyType?: DeltaType | string;
  readonly valueType?: DeltaType | string;
}

/** @param isTable columns of one name are listed too */
function namesOf(type: DeltaType | string | undefined, isTable = false): TableNames {
  if (type === undefined || typeof type === "string") return {};
  const { fields, elementType, keyType, valueType } = type;
  if (!fields) return { ...namesOf(elementType), ...namesOf(keyType), ...namesOf(valueType) };
  return Object.fromEntries(
    fields.flatMap(({ name, type: inner, metadata }) => {
      const physical = metadata?.["delta.columnMapping.physicalName"];
      const inside = namesOf(inner);
      const hasInside = Object.keys(inside).length > 0;
      if (typeof physical !== "string" || (physical === name && !hasInside && !isTable)) return [];
      return [[physical, { name, ...(hasInside && { inside }) }] as const];
    }),
  );
}

/** Files of a log that have to be read. */
export interface DeltaLogFiles {
  /** The parts of the newest whole checkpoint; none where the log begins with its first commit. */
  readonly checkpoint: readonly string[];
  readonly commits: readonly string[];
}

/** @param names of the files in `_delta_log/` @returns undefined where there is no log @throws {ImportError} `malformed_file` */
export function deltaLogFiles(names: readonly string[], folder: string): DeltaLogFiles | undefined {
  const commits = new Map<number, string>();
  const checkpoints = new Map<number, string[]>();
  const expected = new Map<number, number>();
  const newer = names.find((name) => /^\d{20}\.checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)$/.test(name));
  for (const name of names) {
    const [, version, rest] = /^(\d{20})\.(.*)$/.exec(name) ?? [];
    if (version === undefined) continue;
    if (rest === "json") commits.set(Number(version), name);
    const parts = /^checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet$/.exec(rest);
    if (!parts) continue;
    checkpoints.set(Number(version), [...(checkpoints.get(Number(version)) ?? []), name]);
    expected.set(Number(version), Number(parts[1] ?? 1));
  }
  if (commits.size === 0 && checkpoints.size === 0) return undefined;
  const whole = [...checkpoints].filter(([version, parts]) => parts.length === expected.get(version));
  const from = Math.max(-1, ...whole.map(([version]) => version));
  const last = Math.max(from, ...commits.keys());
  const needed = Array.from({ length: last - from }, (_, i) => commits.get(from + 1 + i));
  if (needed.every((name) => name !== undefined)) return { checkpoint: checkpoints.get(from) ?? [], commits: needed };
  if (newer !== undefined) throw newerCheckpoint(newer, folder);
  const reason = `the log of the Delta table lacks commits between version ${from} and ${last}`;
  throw new ImportError("malformed_file", reason, { file: folder });
}

/** What of the log is in a checkpoint of the second form alone. */
function newerCheckpoint(name: string, folder: string): ImportError {
  const todo =
    "set delta.checkpointPolicy to 'classic' and write another checkpoint, or its rows to plain Parquet files";
  const reason = `the Delta table is not read: its oldest commits stand in the checkpoint ${name} alone, of version 2: ${todo}`;
  return new ImportError("unsupported", reason, { file: folder });
}
