import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { withDefaults } from "./default-fields.ts";
import type { FolderValues } from "./plan/field-options.ts";
import { parseFieldOptions } from "./plan/field-options.ts";
import { FieldPlan } from "./plan/field-plan.ts";
import { withPreset } from "./presets/with-preset.ts";

/**
 * The plan of an import. Its schema is the collection's with the import's defaults: batches are completed by that one.
 * @param options of the request, keys as sent; what is not about fields is not looked at
 * @param folders what the folders of the files say: as if it were the default of its fields, for these files
 * @throws {ImportError} `request_invalid` for options that contradict themselves or the collection
 */
export function planFields(
  schema: CollectionSchema,
  options: Readonly<Record<string, string>> = {},
  folders?: FolderValues,
): FieldPlan {
  const withOptions = withDefaults(schema, options.default_fields);
  const fieldOptions = withPreset(withOptions, parseFieldOptions(options), options.preset);
  if (!folders) return new FieldPlan(withOptions, fieldOptions);
  const mapping = new Map([...fieldOptions.mapping].filter(([source]) => !folders.keys.includes(source)));
  const folderFields = new Set(Object.keys(JSON.parse(folders.fields)));
  const folderKeys = folders.meta === "{}" ? {} : { folderKeys: Buffer.from(folders.meta) };
  return new FieldPlan(withDefaults(withOptions, folders.fields, "folders"), {
    ...fieldOptions,
    ...{ mapping, folderFields, ...folderKeys },
  });
}

/**
 * The plan of rows that a client sends one by one: they name what they give, numbers may be text and vectors that answers have in
 * base64 may be in base64, a JSON field takes any JSON, and a key that nobody takes is the row's fault, since nobody reads warnings.
 */
export function planGivenRows(schema: CollectionSchema): FieldPlan {
  const forms = new Map(schema.fields.filter(isBase64).map(({ name }) => [name, "base64"] as const));
  return new FieldPlan(schema, { ...parseFieldOptions({ coerce: "true" }), forms, isGiven: true });
}

function isBase64({ dataType }: FieldSchema): boolean {
  return (
    dataType === DataType.BinaryVector || dataType === DataType.Float16Vector || dataType === DataType.BFloat16Vector
  );
}
