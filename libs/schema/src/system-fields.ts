import { type FieldSchema, ROW_ID_FIELD, TIMESTAMP_FIELD } from "./collection-schema.ts";
import { DataType } from "./data-type.ts";
import { plainField } from "./plain-field.ts";

/** The system field that numbers rows, in the form of a schema's field. */
export const rowIdField: FieldSchema = plainField(ROW_ID_FIELD, "RowID", DataType.Int64);
/** The system field with the rows' hybrid timestamps. */
export const timestampField: FieldSchema = plainField(TIMESTAMP_FIELD, "Timestamp", DataType.Int64);
