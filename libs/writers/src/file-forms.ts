import type { FileForm } from "./file-writer.ts";
import { jsonlForm } from "./jsonl/jsonl-writer.ts";
import { numpyForm } from "./numpy/numpy-writer.ts";
import { parquetForm } from "./parquet/parquet-writer.ts";

/** Every form of files that rows are written in. */
const fileForms = { parquet: parquetForm, jsonl: jsonlForm, numpy: numpyForm } as const;
/** As the option `format` of an export names it. */
export type FileFormName = keyof typeof fileForms;

/** There is one for each name. */
export function fileForm(name: FileFormName): FileForm {
  return fileForms[name];
}
