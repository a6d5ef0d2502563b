import type { Column } from "@sluice/columns";
import { type CollectionSchema, DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import type { FileForm, FileWriter, WrittenFile } from "../file-writer.ts";
import { type NpyColumn, npyColumn } from "./npy-columns.ts";

/** NumPy, a file for each field: the fields of a folder are one table. */
export const numpyForm: FileForm = {
  name: "numpy",
  refusal: ({ fields, structs }) => {
    const odd = fields.find((field) => problemOf(field) !== undefined);
    if (structs.length > 0) return `NumPy has no array for the struct array "${structs[0].name}": ${INSTEAD}`;
    return odd && `NumPy has no array for field "${odd.name}", ${problemOf(odd)}: ${INSTEAD}`;
  },
  batchBytes: 1 << 20,
  open: (schema) => new NumpyWriter(schema),
};

const INSTEAD = "export parquet or jsonl, or leave the field out by outputFields (--field)";

function problemOf({ dataType, nullable }: FieldSchema): string | undefined {
  if (nullable) return "which may be null";
  const ragged: readonly DataType[] = [DataType.Array, DataType.SparseFloatVector, DataType.ArrayOfVector];
  return ragged.includes(dataType) ? `whose rows differ in length (${dataTypeName(dataType)})` : undefined;
}

class NumpyWriter implements FileWriter {
  readonly #schema: CollectionSchema;
  readonly #columns: readonly NpyColumn[];
  rowCount = 0;

  constructor(schema: CollectionSchema) {
    this.#schema = schema;
    this.#columns = schema.fields.map(npyColumn);
  }

  get sizeBytes(): number {
    return this.#columns.reduce((sum, column) => sum + column.sizeBytes, 0);
  }

  append(columns: readonly Column[], rowCount: number): void {
    for (const [i, column] of this.#columns.entries()) column.append(columns[i], rowCount);
    this.rowCount += rowCount;
  }

  finish(): WrittenFile[] {
    return this.#schema.fields.map(({ name }, i) => ({ suffix: `/${name}.npy`, pieces: this.#columns[i].finish() }));
  }
}
