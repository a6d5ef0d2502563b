import type { FileForm } from "./file-writer.ts";
import { jsonlForm } from "./jsonl/jsonl-writer.ts";
import { numpyForm } from "./numpy/numpy-writer.ts";
import { parquetForm } from "./parquet/parquet-writer.ts";

/** Every form of files that rows are written in. */
const fileForms = { parquet: parquetForm, jsonl: jsonlForm, numpy: numpyForm } as const;
export type FileFormName = keyof typeof fileForms;

export function fileForm(name: FileFormName): FileForm {
  return fileForms[name];
}
