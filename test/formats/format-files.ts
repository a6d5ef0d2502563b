import { crc32 } from "node:zlib";
import type { SourceFile } from "@sluice/object-store";
import { memoryFile } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import {
  type DataType as ArrowType,
  Binary,
  Bool,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import { npyBytes } from "../support/source-files.ts";
import type { FieldSample } from "./field-samples.ts";

/** A column of a table: what it holds in each row; null where a row has none. */
export interface TableColumn {
  readonly name: string;
  readonly sample: FieldSample;
  /** Which rows have the value; default all. */
  readonly isGiven?: (row: number) => boolean;
  /** What single rows hold, in the form of `sample`; default the same in all. */
  readonly cells?: readonly FieldSample[];
}

/** Files of one format with the columns as its usual writers make them; undefined where the format cannot express them. */
export type WriteFiles = (
  columns: readonly TableColumn[],
  rows: number,
) => Readonly<Record<string, Uint8Array>> | undefined;

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
};

/** Whether a format has arrays, which some types and refusals have no form in. */
export function hasArrays(format: string): boolean {
  return ["npy", "npz", "safetensors", "zarr"].includes(format);
}

const always = () => true;

function columnsOf(columns: readonly TableColumn[], rows: number): Record<string, unknown[]> {
  const all = rowsOf(columns, rows);
  return Object.fromEntries(columns.map(({ name }) => [name, all.map((row) => row[name])]));
}

function rowsOf(columns: readonly TableColumn[], rows: number): Record<string, unknown>[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, sample, cells, isGiven = always }) => [
        name,
        isGiven(row) ? (cells?.[row] ?? sample).json : null,
      ]),
    ),
  );
}

/** Texts as they are, nulls as nothing, everything else as JSON; a missing value and an empty text are one. */
function writeSeparated(columns: readonly TableColumn[], rows: number, separator: string): Uint8Array {
  const quoted = (text: string) => (/[",\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cellOf = ({ sample, cells, isGiven = always }: TableColumn, row: number) => {
    const { json, csv = json } = cells?.[row] ?? sample;
    if (!isGiven(row) || csv === null) return "";
    return typeof csv === "string" ? csv : JSON.stringify(csv);
  };
  const lines = Array.from({ length: rows }, (_, row) => columns.map((column) => quoted(cellOf(column, row))));
  const header = columns.map(({ name }) => quoted(name));
  return Buffer.from([header, ...lines].map((cells) => `${cells.join(separator)}\n`).join(""));
}

function writeNpy(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  const files: Record<string, Uint8Array> = {};
  for (const { name, sample, cells, isGiven } of columns) {
    // There is no null in an array.
    if (!sample.npy || isGiven) return undefined;
    const { descr, items, bytes } = sample.npy;
    const shape = items === undefined ? [rows] : [rows, items];
    files[`${name}.npy`] = npyBytes(
      descr,
      shape,
      Buffer.concat(Array.from({ length: rows }, (_, row) => cells?.[row]?.npy?.bytes ?? bytes)),
    );
  }
  return files;
}

/** Version 2, not compressed, in chunks of two rows: the last one may be longer than what is left. */
function writeZarr(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  const files: Record<string, Uint8Array> = { "t.zarr/.zgroup": Buffer.from('{"zarr_format":2}') };
  for (const { name, sample, cells, isGiven } of columns) {
    if (!sample.npy || isGiven) return undefined;
    const { descr: dtype, items, bytes } = sample.npy;
    const [shape, chunks] =
      items === undefined
        ? [[rows], [2]]
        : [
            [rows, items],
            [2, items],
          ];
    const meta = { zarr_format: 2, shape, chunks, dtype, order: "C", fill_value: 0, compressor: null, filters: null };
    files[`t.zarr/${name}/.zarray`] = Buffer.from(JSON.stringify(meta));
    for (let row = 0; row < rows; row += 2) {
      const parts = [row, row + 1].map((at) => cells?.[at]?.npy?.bytes ?? bytes);
      files[`t.zarr/${name}/${row / 2}${items === undefined ? "" : ".0"}`] = Buffer.concat(parts);
    }
  }
  return files;
}

/** NumPy's names of types in safetensors; it has none for texts. */
const tensorTypes: Readonly<Record<string, string>> = {
  ...{ "|b1": "BOOL", "|i1": "I8", "|u1": "U8", "<i2": "I16", "<i4": "I32", "<i8": "I64" },
  ...{ "<f2": "F16", "<f4": "F32", "<f8": "F64" },
};

function writeSafetensors(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  const header: Record<string, object> = {};
  const data: Uint8Array[] = [];
  let at = 0;
  for (const { name, sample, cells, isGiven } of columns) {
    const dtype = sample.npy && tensorTypes[sample.npy.descr];
    if (!sample.npy || !dtype || isGiven) return undefined;
    const { items, bytes } = sample.npy;
    const own = Buffer.concat(Array.from({ length: rows }, (_, row) => cells?.[row]?.npy?.bytes ?? bytes));
    header[name] = { dtype, shape: items === undefined ? [rows] : [rows, items], data_offsets: [at, at + own.length] };
    data.push(own);
    at += own.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return { "t.safetensors": Buffer.concat([length, text, ...data]) };
}

/** A zip archive whose members are stored as they are. */
function storedZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const path = Buffer.from(name);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(path.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0", "latin1"), facts, rest, path]));
    parts.push(Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), facts, path, bytes]));
    at += 30 + path.length + bytes.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}

function writeParquet(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> {
  const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(parquetNodes)];
  const columnData = columns.map(({ name, sample, cells, isGiven = always }) => ({
    name,
    data: Array.from({ length: rows }, (_, row) => (isGiven(row) ? (cells?.[row] ?? sample).parquet.value : null)),
  }));
  return { "t.parquet": new Uint8Array(parquetWriteBuffer({ columnData, schema } as never)) };
}

function parquetNodes({ name, sample: { parquet } }: TableColumn): object[] {
  const { type, converted, precision, scale } = parquet;
  const annotation = converted && { converted_type: converted, precision, scale };
  const leaf = { type, ...annotation, repetition_type: "OPTIONAL" };
  if (!parquet.isList) return [{ name, ...leaf }];
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...leaf },
  ];
}

function writeArrow(
  columns: readonly TableColumn[],
  rows: number,
  container: "file" | "stream" = "file",
): Record<string, Uint8Array> | undefined {
  // Arrow has types of its own for what Parquet tells by annotations.
  if (columns.some(({ sample: { parquet } }) => parquet.converted && parquet.converted !== "UTF8")) return undefined;
  const vectors = columns.map(({ name, sample, cells, isGiven = always }) => {
    const values = Array.from({ length: rows }, (_, row) =>
      isGiven(row) ? ((cells?.[row] ?? sample).parquet.value ?? null) : null,
    );
    return [name, vectorFromArray(values, arrowType(sample.parquet))] as const;
  });
  return { "t.arrow": tableToIPC(new Table(Object.fromEntries(vectors) as never), container) };
}

function arrowType({ type, converted, isList }: FieldSample["parquet"]): ArrowType {
  const types: Readonly<Record<string, () => ArrowType>> = {
    BOOLEAN: () => new Bool(),
    INT32: () => new Int32(),
    INT64: () => new Int64(),
    FLOAT: () => new Float32(),
    DOUBLE: () => new Float64(),
    BYTE_ARRAY: () => (converted === "UTF8" ? new Utf8() : new Binary()),
  };
  const element = types[type]();
  return isList ? new List(new Field("item", element, true)) : element;
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
