import { excerpt, ImportError } from "@sluice/errors";

/** What an import says of its fields, whatever the format of its files. */
export interface FieldOptions {
  /** Where in the source a field's values are (a name, or a path of names with dots), to the field's name. */
  readonly mapping: ReadonlyMap<string, string>;
  /** Columns that no field has become keys of `$meta`, in formats whose files have columns; rows of text always do that. */
  readonly foldExtraColumns: boolean;
  /** `NaN` and `Infinity`, which are no JSON, stand for null in scalar fields that may be null. */
  readonly nanIsNull?: boolean;
  /** Fields whose values folders give. */
  readonly folderFields?: ReadonlySet<string>;
  /** A JSON object whose members `$meta` gets in every row, as folders give them. */
  readonly folderKeys?: Uint8Array;
}

/** What the folders `key=value` of a file's path say of all its rows: plain data, which its job records. */
export interface FolderValues {
  /** The keys that some field, or `$meta`, takes. */
  readonly keys: readonly string[];
  /** A JSON object, field to value; see `withDefaults`. */
  readonly fields: string;
  /** A JSON object, what `$meta` takes; `{}` for nothing. */
  readonly meta: string;
}

/** Options of a request that are about fields, keys as sent. */
export const fieldOptionKeys = ["fields_mapping", "default_fields", "fold_extra_columns", "nan"] as const;

/** @throws {ImportError} `request_invalid` */
export function parseFieldOptions(options: Readonly<Record<string, string>>): FieldOptions {
  return {
    mapping: new Map(Object.entries(parseMapping(options.fields_mapping))),
    foldExtraColumns: options.fold_extra_columns?.toLowerCase() !== "false",
    nanIsNull: parseNan(options.nan),
  };
}

function parseNan(text: string | undefined): boolean {
  if (text === undefined || text.toLowerCase() === "null") return text !== undefined;
  throw new ImportError("request_invalid", `options.nan can only be "null", found "${excerpt(text)}"`);
}

function parseMapping(text = "{}"): Record<string, string> {
  const mapping = parseJsonObject("fields_mapping", text);
  if (Object.values(mapping).every((field) => typeof field === "string")) return mapping as Record<string, string>;
  throw new ImportError("request_invalid", 'options.fields_mapping must be a JSON object {"source": "field", …}');
}

/** @throws {ImportError} `request_invalid` */
export function parseJsonObject(option: string, text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ImportError("request_invalid", `options.${option} must be a JSON object`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
