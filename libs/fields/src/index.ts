export type { Rows } from "./cell-bytes.ts";
export { columnOfData } from "./decode-column.ts";
export { countData, fieldData, memberIndexes, structFieldData } from "./field-data.ts";
export { insertData } from "./insert-data.ts";
export { bytesField, joined, numberField, type Parts, partsOf, textField, toBuffer } from "./message-parts.ts";
export { countKeys, type QueryAnswer, splitQueryAnswer } from "./query-answer.ts";
export { columnMessage, columnOf, rowBatchMessage, rowsOfBatch } from "./row-batch.ts";
export { type FieldBytes, splitFieldData } from "./split-field-data.ts";
