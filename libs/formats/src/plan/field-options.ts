import { excerpt, ImportError } from "@sluice/errors";
import type { TableNames } from "./table-names.ts";
import { isValueForm, type ValueForm, valueForms } from "./value-form.ts";

/** What an import says of its fields, whatever the format of its files. */
export interface FieldOptions {
  /** Where in the source a field's values are (a name, or a path of names with dots), to the field's name. */
  readonly mapping: ReadonlyMap<string, string>;
  /** Names or paths whose values nobody wants, neither a field nor `$meta`. */
  readonly ignored?: readonly string[];
  /** How the source writes the values of a field, by the field's name, where that is not what its type has. */
  readonly forms?: ReadonlyMap<string, ValueForm>;
  /** Sources of the mapping that a file need not have: those of presets. */
  readonly optionalSources?: ReadonlySet<string>;
  /** Objects whose members that no field takes are keys of `$meta`, as if they stood in the row itself. */
  readonly spread?: readonly string[];
  /** Values may be wrapped as MongoDB does it: `{"$numberLong":"5"}`. */
  readonly extendedJson?: boolean;
  /** Columns of the table that the files are part of: a file may be older than one. */
  readonly tableColumns?: TableNames;
  /** Text of digits is an integer where a field wants one, and an integer its text; each is counted in a warning. */
  readonly coerces?: boolean;
  /** Columns that no field has become keys of `$meta`, in formats whose files have columns; rows of text always do that. */
  readonly foldExtraColumns: boolean;
  /** A client sends the rows one by one: keys that no field and no `$meta` takes are refused, not warned of; more is taken as in `given-parsers.ts`. */
  readonly isGiven?: boolean;
  /** NaN and infinities, which no field takes, stand for null in scalar fields that may be null. */
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
export const fieldOptionKeys = [
  "fields_mapping",
  "default_fields",
  "fold_extra_columns",
  "nan",
  "preset",
  "coerce",
] as const;

/** @throws {ImportError} `request_invalid` */
export function parseFieldOptions(options: Readonly<Record<string, string>>): FieldOptions {
  return {
    ...parseMapping(options.fields_mapping),
    ...parseTableColumns(options.table_columns),
    coerces: parseWord("coerce", options.coerce, false),
    foldExtraColumns: parseWord("fold_extra_columns", options.fold_extra_columns, true),
    nanIsNull: parseNan(options.nan),
  };
}

/** Set for the files of a table whose notes name its columns, never by a request. */
function parseTableColumns(text: string | undefined): Pick<FieldOptions, "tableColumns"> {
  return text === undefined ? {} : { tableColumns: JSON.parse(text) as TableNames };
}

/** Anything but a clear word is refused, not taken for what somebody may not have meant. */
function parseWord(key: string, text = "", otherwise: boolean): boolean {
  const word = text.toLowerCase();
  if (word === "") return otherwise;
  if (word === "true" || word === "false") return word === "true";
  throw new ImportError("request_invalid", `options.${key} must be "true" or "false", found "${excerpt(text)}"`);
}

function parseNan(text: string | undefined): boolean {
  if (text === undefined || text.toLowerCase() === "null") return text !== undefined;
  throw new ImportError("request_invalid", `options.nan can only be "null", found "${excerpt(text)}"`);
}

type Mapping = Required<Pick<FieldOptions, "mapping" | "ignored" | "forms">>;

/**
 * `{"source": "field"}`, `{"source": {"field": "…", "as": "base64"}}`, `{"source": null}` for what is left alone.
 * @throws {ImportError} `request_invalid`
 */
function parseMapping(text = "{}"): Mapping {
  const mapping = new Map<string, string>();
  const ignored: string[] = [];
  const forms = new Map<string, ValueForm>();
  for (const [source, value] of Object.entries(parseJsonObject("fields_mapping", text))) {
    const target = parseTarget(value, source);
    if (target) mapping.set(source, target.field);
    else ignored.push(source);
    if (target?.as) forms.set(target.field, target.as);
  }
  return { mapping, ignored, forms };
}

/** What a mapping says of one source; undefined: nothing is taken from it. */
export interface MappingTarget {
  readonly field: string;
  readonly as?: ValueForm;
}

/** @throws {ImportError} `request_invalid` */
export function parseTarget(value: unknown, source: string): MappingTarget | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return { field: value };
  const { field, as, ...others } = (typeof value === "object" ? value : {}) as Record<string, unknown>;
  const [other] = Object.keys(others);
  const where = `options.fields_mapping['${excerpt(source)}']`;
  if (other !== undefined)
    throw new ImportError("request_invalid", `${where}.${excerpt(other)} is not known; known are as, field`);
  if (typeof field !== "string")
    throw new ImportError(
      "request_invalid",
      `${where} must be a field's name, {"field": …, "as": …} or null: options.fields_mapping must be a JSON object {"source": "field", …}`,
    );
  if (as === undefined) return { field };
  if (isValueForm(as)) return { field, as };
  throw new ImportError("request_invalid", `${where}.as must be one of ${valueForms.join(", ")}`);
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
