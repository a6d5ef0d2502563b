import type { CollectionSchema, FieldSchema } from "../collection-schema.ts";
import { DataType } from "../data-type.ts";

/** A field for tests: the first user field, required, no key; `more` says what it is besides. */
export function field(name: string, dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return {
    fieldId: 100,
    name,
    dataType,
    elementType: DataType.None,
    isPrimaryKey: false,
    isPartitionKey: false,
    autoId: false,
    isDynamic: false,
    nullable: false,
    defaultValue: undefined,
    dim: 0,
    maxLength: 0,
    maxCapacity: 0,
    isFunctionOutput: false,
    typeParams: {},
    ...more,
  };
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
