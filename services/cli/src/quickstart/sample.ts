import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";

/** Dimension of the sample's vectors. */
export const SAMPLE_DIM = 32;
const ROWS_PER_FILE = 2000;

/** One import of the sample: its files and how many rows they hold. */
export interface SampleImport {
  readonly label: string;
  readonly files: readonly string[];
  readonly rows: number;
}

/** Writes the sample below `folder`: books with a made-up embedding, as JSON Lines, NumPy and Parquet. The same each time. */
export async function writeSample(folder: string): Promise<SampleImport[]> {
  await mkdir(join(folder, "numpy"), { recursive: true });
  const jsonl = join(folder, "books.jsonl");
  await writeFile(jsonl, jsonLines(0));
  const columns = await writeNumpy(join(folder, "numpy"), ROWS_PER_FILE);
  const parquet = join(folder, "books.parquet");
  await writeFile(parquet, parquetFile(2 * ROWS_PER_FILE));
  return [
    { label: "JSON Lines", files: [jsonl], rows: ROWS_PER_FILE },
    { label: "NumPy", files: columns, rows: ROWS_PER_FILE },
    { label: "Parquet", files: [parquet], rows: ROWS_PER_FILE },
  ];
}

const yearOf = (id: number) => 1900 + ((id * 7) % 125);
const titleOf = (id: number) => `Book ${id}`;
const vectorOf = (id: number) => Float32Array.from({ length: SAMPLE_DIM }, (_, i) => Math.sin(id * 0.37 + i * 1.7));

const ids = (first: number) => Array.from({ length: ROWS_PER_FILE }, (_, i) => first + i);

function jsonLines(first: number): string {
  return ids(first)
    .map((id) => `${JSON.stringify({ id, title: titleOf(id), year: yearOf(id), vector: [...vectorOf(id)] })}\n`)
    .join("");
}

async function writeNumpy(folder: string, first: number): Promise<string[]> {
  const rows = ids(first);
  const vectors = new Float32Array(ROWS_PER_FILE * SAMPLE_DIM);
  for (const [row, id] of rows.entries()) vectors.set(vectorOf(id), row * SAMPLE_DIM);
  const width = 16;
  const titles = new Uint32Array(ROWS_PER_FILE * width);
  for (const [row, id] of rows.entries())
    titles.set(
      [...titleOf(id)].map((char) => char.codePointAt(0) ?? 0),
      row * width,
    );
  const columns: [name: string, descr: string, shape: string, data: ArrayBufferView][] = [
    ["id", "<i8", `(${ROWS_PER_FILE},)`, BigInt64Array.from(rows, BigInt)],
    ["title", `<U${width}`, `(${ROWS_PER_FILE},)`, titles],
    ["year", "<i4", `(${ROWS_PER_FILE},)`, Int32Array.from(rows, yearOf)],
    ["vector", "<f4", `(${ROWS_PER_FILE}, ${SAMPLE_DIM})`, vectors],
  ];
  return Promise.all(
    columns.map(async ([name, descr, shape, data]) => {
      const path = join(folder, `${name}.npy`);
      await writeFile(path, npyFile(descr, shape, data));
      return path;
    }),
  );
}

/** Version 1.0: magic, header length, a Python dict padded so that the data starts at a multiple of 64. */
function npyFile(descr: string, shape: string, data: ArrayBufferView): Buffer {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = `${dict.padEnd(64 * Math.ceil((dict.length + 11) / 64) - 11)}\n`;
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([
    prefix,
    Buffer.from(header, "latin1"),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function parquetFile(first: number): Uint8Array {
  const rows = ids(first);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "id", data: rows.map(BigInt) },
      { name: "title", data: rows.map(titleOf) },
      { name: "year", data: rows.map(yearOf) },
      { name: "vector", data: rows.map((id) => [...vectorOf(id)]) },
    ],
    schema: [
      { name: "root", num_children: 4 },
      { name: "id", type: "INT64", repetition_type: "REQUIRED" },
      {
        name: "title",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        logical_type: { type: "STRING" },
        repetition_type: "REQUIRED",
      },
      { name: "year", type: "INT32", repetition_type: "REQUIRED" },
      {
        name: "vector",
        repetition_type: "OPTIONAL",
        num_children: 1,
        converted_type: "LIST",
        logical_type: { type: "LIST" },
      },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
    ],
  });
  return new Uint8Array(buffer);
}
