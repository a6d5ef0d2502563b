import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { storedZip, writeNpy, writeSafetensors, writeZarr } from "./writers/array-files.ts";
import { writeAvro } from "./writers/avro-file.ts";
import { writeArrow, writeParquet } from "./writers/columnar-files.ts";
import { writeHdf5 } from "./writers/hdf5-file.ts";
import { writePgcopy } from "./writers/pgcopy-file.ts";
import { writeSeparated } from "./writers/separated-file.ts";
import { writeSqlite } from "./writers/sqlite-file.ts";
import { columnsOf, rowsOf, type TableColumn, type WriteFiles } from "./writers/table-column.ts";
import { vectorWriters } from "./writers/vector-files.ts";

export type { TableColumn, WriteFiles };

/** The format of a key of `writers`: one format may be written in several ways. */
export function formatOf(key: string): string {
  return key.split(" ")[0];
}

/** Every format, by its name, and what follows a blank where there are several ways. */
export const writers: Readonly<Record<string, WriteFiles>> = {
  json: (columns, rows) => ({ "t.json": Buffer.from(JSON.stringify(rowsOf(columns, rows))) }),
  jsonl: (columns, rows) => ({
    "t.jsonl": Buffer.from(
      rowsOf(columns, rows)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(""),
    ),
  }),
  "json by columns": (columns, rows) => ({ "t.json": Buffer.from(JSON.stringify(columnsOf(columns, rows))) }),
  "json by labels": (columns, rows) => ({
    "t.json": Buffer.from(
      JSON.stringify(
        Object.fromEntries(
          Object.entries(columnsOf(columns, rows)).map(([name, values]) => [
            name,
            Object.fromEntries(values.entries()),
          ]),
        ),
      ),
    ),
  }),
  csv: (columns, rows) => ({ "t.csv": writeSeparated(columns, rows, ",") }),
  tsv: (columns, rows) => ({ "t.tsv": writeSeparated(columns, rows, "\t") }),
  npy: writeNpy,
  npz: (columns, rows) => {
    const files = writeNpy(columns, rows);
    return files && { "t.npz": storedZip(files) };
  },
  safetensors: writeSafetensors,
  zarr: writeZarr,
  parquet: writeParquet,
  arrow: writeArrow,
  "arrow as a stream": (columns, rows) => writeArrow(columns, rows, "stream"),
  avro: writeAvro,
  hdf5: writeHdf5,
  pgcopy: writePgcopy,
  sqlite: writeSqlite,
  ...vectorWriters,
};

/** Whether a format has arrays, which some types and refusals have no form in. */
export function hasArrays(format: string): boolean {
  return ["npy", "npz", "safetensors", "zarr", "hdf5", ...Object.keys(vectorWriters)].includes(format);
}

/** Whether a format calls its columns by names. */
export function hasNames(format: string): boolean {
  return !["hnswlib", "voyager", "faiss", "usearch", "nmslib"].includes(format);
}

/** Options without which a format's files do not tell their columns. */
export function optionsOf(format: string, columns: readonly TableColumn[]): Readonly<Record<string, string>> {
  return format === "pgcopy" ? { columns: JSON.stringify(columns.map(({ name }) => name)) } : {};
}

/** The files in memory. */
export function sourcesOf(files: Readonly<Record<string, Uint8Array>>): Promise<SourceFile[]> {
  return Promise.all(Object.entries(files).map(([path, bytes]) => memoryFile(path, bytes)));
}

/** A column of `$meta` texts. */
export function metaColumn(text: string): TableColumn {
  const points = Uint32Array.from(text, (char) => char.codePointAt(0) as number);
  const sample = {
    type: DataType.JSON,
    json: text,
    parquet: { type: "BYTE_ARRAY", converted: "UTF8", value: text },
    npy: { descr: `<U${points.length}`, bytes: new Uint8Array(points.buffer) },
    canonical: undefined,
  };
  return { name: "$meta", sample };
}
