import { excerpt, ImportError } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { memberOfPath } from "./archives/archive.ts";
import type { FolderValues } from "./plan/field-options.ts";
import type { FieldPlan } from "./plan/field-plan.ts";
import { planFields } from "./plan-fields.ts";

/** Folders of one path, key to value; null is the absence of one. */
export type Folders = ReadonlyMap<string, string | null>;

/** What Hive, Spark and their kin write for null. */
const NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__";

/** The names of the folders that a file lies in, from the outermost on; also those within an archive. */
export function folderNamesOf(path: string): string[] {
  const { archive, inside } = memberOfPath(path) ?? { archive: path, inside: undefined };
  const outer = archive.split("/").slice(0, -1);
  return [...outer, ...(inside?.split("/").slice(0, -1) ?? [])].filter((name) => name !== "");
}

/** The folders of a path that are called `key=value`, with `%` escapes in both. Source: Hive's partition folders. */
export function foldersOf(path: string): Folders {
  const pairs = folderNamesOf(path).map((name) => /^([^=]+)=(.*)$/s.exec(name));
  return new Map(
    pairs.flatMap((pair) => {
      if (!pair) return [];
      const [key, value] = [unescaped(pair[1]), unescaped(pair[2])];
      return [[key, value === NULL_FOLDER ? null : value] as const];
    }),
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Gives the values of folders to the fields of their names, as if they were columns of the file, and those that no field has
 * to `$meta`: as integers where all of a job's are such, else as text.
 */
export class FolderPlan {
  readonly #plan: FieldPlan;
  readonly #options: Readonly<Record<string, string>>;
  readonly #texts: ReadonlySet<string>;
  readonly #leftOut = new Set<string>();

  /** @param all folders of all paths of the job */
  constructor(plan: FieldPlan, options: Readonly<Record<string, string>>, all: readonly Folders[]) {
    this.#plan = plan;
    this.#options = options;
    const isText = (value: string | null) => value !== null && !/^-?\d{1,15}$/.test(value);
    this.#texts = new Set(all.flatMap((folders) => [...folders].flatMap(([key, value]) => (isText(value) ? key : []))));
  }

  /** Keys that neither a field nor `$meta` has taken until now. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut];
  }

  /**
   * Undefined where nothing takes any.
   * @throws {ImportError} `request_invalid` or `schema_mismatch` for a value that its field does not take
   */
  valuesOf(folders: Folders): FolderValues | undefined {
    const members: Record<"fields" | "meta", string[]> = { fields: [], meta: [] };
    const keys = [...folders].filter(([key, value]) => this.#add(key, value, members)).map(([key]) => key);
    if (keys.length === 0) return undefined;
    const values = { keys, fields: `{${members.fields}}`, meta: `{${members.meta}}` };
    planFields(this.#plan.schema, this.#options, values);
    return values;
  }

  /** Whether something takes the value. */
  #add(key: string, value: string | null, members: Readonly<Record<"fields" | "meta", string[]>>): boolean {
    const target = this.#plan.target(key);
    if (target.kind === "refused") throw target.error;
    if (target.kind === "field") {
      const field = this.#plan.schema.fields[target.index];
      if (value !== null) members.fields.push(member(field.name, literalFor(field, key, value)));
      return true;
    }
    const isMeta =
      target.kind === "extra" && this.#plan.schema.enableDynamicField && this.#plan.options.foldExtraColumns;
    if (!isMeta) this.#leftOut.add(key);
    else if (value !== null)
      members.meta.push(member(key, this.#texts.has(key) ? JSON.stringify(value) : integer(value)));
    return isMeta;
  }
}

function member(key: string, literal: string): string {
  return `${JSON.stringify(key)}:${literal}`;
}

function integer(text: string): string {
  return BigInt(text).toString();
}

/** JSON text of a value, such as rows would have it in this field. */
function literalFor({ name, dataType }: FieldSchema, key: string, value: string): string {
  switch (dataType) {
    case DataType.Bool:
      if (/^(true|false)$/i.test(value)) return value.toLowerCase();
      break;
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
    case DataType.Int64:
      if (/^-?\d{1,40}$/.test(value)) return integer(value);
      break;
    case DataType.Float:
    case DataType.Double:
      if (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return String(Number(value));
      break;
    case DataType.JSON:
      return isJson(value) ? value : JSON.stringify(value);
    default:
      return JSON.stringify(value);
  }
  const reason = `folder '${excerpt(`${key}=${value}`)}': expected ${dataTypeName(dataType)} for field '${name}'`;
  throw new ImportError("request_invalid", reason);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
