export { ByteWriter } from "./byte-writer.ts";
export { type FileFormName, fileForm } from "./file-forms.ts";
export type { FileWriter } from "./file-writer.ts";
export { jsonCells } from "./jsonl/json-cells.ts";
export { ReasonTable } from "./parquet/reason-table.ts";
