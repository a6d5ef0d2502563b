import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import { FIELDS_KEY, type TableChunk, TableFile } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema, isDenseVector } from "@sluice/schema";
import type { FileForm, FileWriter, WrittenFile } from "../file-writer.ts";
import { fieldNotes } from "./field-notes.ts";
import { flatChunk } from "./flat-chunk.ts";
import { listChunk, vectorListChunk } from "./list-chunk.ts";
import { type FileColumn, fileColumns } from "./parquet-nodes.ts";
import { vectorChunk } from "./vector-chunk.ts";

/** Parquet as pymilvus's bulk writer lays it out: vectors are lists, JSON and sparse vectors text, every column OPTIONAL. */
export const parquetForm: FileForm = {
  name: "parquet",
  refusal: () => undefined,
  open: (schema) => new ParquetWriter(schema),
};

/** Each batch of rows is a row group. */
class ParquetWriter implements FileWriter {
  readonly #schema: CollectionSchema;
  readonly #columns: readonly FileColumn[];
  readonly #file: TableFile;

  constructor(schema: CollectionSchema) {
    this.#schema = schema;
    this.#columns = fileColumns(schema);
    const nodes = this.#columns.map(({ node }) => node);
    this.#file = new TableFile(nodes, { [FIELDS_KEY]: fieldNotes(schema) });
  }

  get rowCount(): number {
    return this.#file.rowCount;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  append(columns: readonly Column[], rowCount: number): void {
    const { fields } = this.#schema;
    const chunks = this.#columns.flatMap(({ node, fields: indexes }) =>
      indexes.map((index) =>
        node.kind === "structs"
          ? memberChunk(fields[index], columns[index] as VarColumn, rowCount)
          : chunkOf(fields[index], columns[index], rowCount),
      ),
    );
    this.#file.addRows(rowCount, chunks);
  }

  finish(): WrittenFile[] {
    return [{ suffix: ".parquet", pieces: this.#file.finish() }];
  }
}

function chunkOf(field: FieldSchema, column: Column, rowCount: number): TableChunk {
  const { dataType, dim } = field;
  if (isDenseVector(dataType)) return vectorChunk(dataType, dim, column as FixedColumn, rowCount);
  if (dataType === DataType.Array) return listChunk(field, column as VarColumn, rowCount, 3);
  return flatChunk(field, column, rowCount);
}

function memberChunk(field: FieldSchema, column: VarColumn, rowCount: number): TableChunk {
  return field.dataType === DataType.ArrayOfVector
    ? vectorListChunk(field, column, rowCount)
    : listChunk(field, column, rowCount, 4);
}
