import type { FieldSchema } from "./collection-schema.ts";
import { DataType } from "./data-type.ts";

/** A field that is required and no key, and has no parameters. */
export function plainField(fieldId: number, name: string, dataType: DataType): FieldSchema {
  return {
    fieldId,
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
  };
}
