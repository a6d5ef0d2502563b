export type { Rows } from "./cell-bytes.ts";
export { countElements } from "./decode-cells.ts";
export { columnOfData } from "./decode-column.ts";
export { countData, fieldData, memberIndexes, structFieldData } from "./field-data.ts";
export { insertData } from "./insert-data.ts";
export { bytesField, joined, numberField, type Parts, partsOf, textField, toBuffer } from "./message-parts.ts";
export { countVarints, packedNumbers, readVarints } from "./packed-numbers.ts";
export { columnMessage, columnOf, rowBatchMessage, rowsOfBatch } from "./row-batch.ts";
export { bytesOf, type FieldBytes, splitFieldData } from "./split-field-data.ts";
