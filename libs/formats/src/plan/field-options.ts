import { ImportError } from "@sluice/errors";

/** What an import says of its fields, whatever the format of its files. */
export interface FieldOptions {
  /** Where in the source a field's values are (a name, or a path of names with dots), to the field's name. */
  readonly mapping: ReadonlyMap<string, string>;
  /** Columns that no field has become keys of `$meta`, in formats whose files have columns; rows of text always do that. */
  readonly foldExtraColumns: boolean;
}

/** Options of a request that are about fields, keys as sent. */
export const fieldOptionKeys = ["fields_mapping", "fold_extra_columns"] as const;

/** @throws {ImportError} `request_invalid` */
export function parseFieldOptions(options: Readonly<Record<string, string>>): FieldOptions {
  return {
    mapping: new Map(Object.entries(parseMapping(options.fields_mapping))),
    foldExtraColumns: options.fold_extra_columns?.toLowerCase() === "true",
  };
}

function parseMapping(text = "{}"): Record<string, string> {
  const mapping = parseJson(text);
  const isMap = typeof mapping === "object" && mapping !== null && !Array.isArray(mapping);
  if (isMap && Object.values(mapping).every((field) => typeof field === "string"))
    return mapping as Record<string, string>;
  throw new ImportError("request_invalid", 'options.fields_mapping must be a JSON object {"source": "field", …}');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
