import { type FieldSchema, ROW_ID_FIELD, TIMESTAMP_FIELD } from "./collection-schema.ts";
import { DataType } from "./data-type.ts";

/** The system field that numbers rows, in the form of a schema's field. */
export const rowIdField: FieldSchema = systemField(ROW_ID_FIELD, "RowID");
/** The system field with the rows' hybrid timestamps. */
export const timestampField: FieldSchema = systemField(TIMESTAMP_FIELD, "Timestamp");

function systemField(fieldId: number, name: string): FieldSchema {
  return {
    fieldId,
    name,
    dataType: DataType.Int64,
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
