import type { CollectionSchema, FieldSchema } from "../collection-schema.ts";
import type { DataType } from "../data-type.ts";
import { plainField } from "../plain-field.ts";

/** A field for tests: the first user field, required, no key; `more` says what it is besides. */
export function field(name: string, dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return { ...plainField(100, name, dataType), ...more };
}

/** A collection for tests, of these fields alone. */
export function collection(fields: readonly FieldSchema[], more: Partial<CollectionSchema> = {}): CollectionSchema {
  return {
    name: "test",
    fields,
    structs: [],
    enableDynamicField: fields.some(({ isDynamic }) => isDynamic),
    allowInsertAutoId: false,
    timezone: "UTC",
    ...more,
  };
}
