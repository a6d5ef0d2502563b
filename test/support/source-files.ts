import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";

/** A row of `bookCollection`. */
export interface Book {
  readonly id: bigint;
  readonly title: string;
  readonly year: number;
  readonly vector: readonly number[];
}

/** Books with ids from `first` on; every value follows from the id alone, so that any row can be checked by itself. */
export function books(count: number, first = 0n): Book[] {
  return Array.from({ length: count }, (_, i) => bookOf(first + BigInt(i)));
}

/** The same for the same id; a title with characters of one to four bytes, an exact vector of 4 elements. */
export function bookOf(id: bigint): Book {
  const number = Number(BigInt.asUintN(20, id));
  const vector = [0, 1, 2, 3].map((i) => Math.fround(Math.sin(number * 4 + i)));
  return { id, title: `title ${id} "é漢🚀"`, year: 1900 + (number % 120), vector };
}

/** JSON text with bigints as raw digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? rawJson(member.toString()) : member));
}

/** JSON Lines: an object a line, as `jsonText` has it. */
export function linesOf(rows: readonly object[]): string {
  return rows.map((row) => `${jsonText(row)}\n`).join("");
}

/** Text that JSON.stringify takes over as it is. The compiler's library does not know it yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): object };

/** Writes files below one folder; each method answers the absolute paths to import. */
export class SourceFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Folders on the way are made. Answers the absolute path. */
  async write(name: string, data: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, data);
    return path;
  }

  /** Separated values under a header; texts in quotes, vectors as lists. */
  async csv(name: string, rows: readonly object[], separator = ","): Promise<string[]> {
    const cell = (value: unknown) =>
      Array.isArray(value) || typeof value === "string"
        ? `"${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll('"', '""')}"`
        : String(value);
    const lines = rows.map((row) => Object.values(row).map(cell).join(separator));
    return [await this.write(name, [Object.keys(rows[0]).join(separator), ...lines, ""].join("\n"))];
  }

  /** One object a line; bigints as numbers. */
  async jsonl(name: string, rows: readonly object[]): Promise<string[]> {
    return [await this.write(name, linesOf(rows))];
  }

  /** `{"rows": […]}`, a row a line; bigints as numbers. */
  async json(name: string, rows: readonly object[]): Promise<string[]> {
    return [await this.write(name, `{"rows":[\n${rows.map(jsonText).join(",\n")}\n]}`)];
  }

  /** One `.npy` file a column in the folder `name`. */
  async npy(name: string, rows: readonly Book[]): Promise<string[]> {
    const width = Math.max(1, ...rows.map((row) => [...row.title].length));
    const columns = {
      id: npyBytes(
        "<i8",
        [rows.length],
        BigInt64Array.from(rows, (row) => row.id),
      ),
      title: npyBytes(
        `<U${width}`,
        [rows.length],
        unicode(
          rows.map((row) => row.title),
          width,
        ),
      ),
      year: npyBytes(
        "<i4",
        [rows.length],
        Int32Array.from(rows, (row) => row.year),
      ),
      vector: npyBytes("<f4", [rows.length, 4], Float32Array.from(rows.flatMap((row) => row.vector))),
    };
    return Promise.all(Object.entries(columns).map(([field, bytes]) => this.write(join(name, `${field}.npy`), bytes)));
  }

  /** With the columns of `bookCollection`. */
  async parquet(name: string, rows: readonly Book[]): Promise<string[]> {
    return [await this.write(name, parquetBytes(rows))];
  }
}

/** An `.npy` file of version 1.0. Source: numpy.lib.format. */
export function npyBytes(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const type = descr.startsWith("[") ? descr : `'${descr}'`;
  const text = `{'descr': ${type}, 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const padded = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text.padEnd(padded - 1)}\n`, "latin1");
  header.writeUInt16LE(padded, 8);
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** UTF-32, padded with NULs: the dtype `<U`. */
function unicode(texts: readonly string[], width: number): Uint32Array {
  const out = new Uint32Array(texts.length * width);
  texts.forEach((text, row) => {
    [...text].forEach((char, i) => {
      out[row * width + i] = char.codePointAt(0) as number;
    });
  });
  return out;
}

function parquetBytes(rows: readonly Book[]): Uint8Array {
  const columnData: ColumnSource[] = [
    { name: "id", data: rows.map((row) => row.id) },
    { name: "title", data: rows.map((row) => row.title) },
    { name: "year", data: rows.map((row) => row.year) },
    { name: "vector", data: rows.map((row) => [...row.vector]) },
  ];
  const buffer = parquetWriteBuffer({
    columnData,
    rowGroupSize: 1000,
    schema: [
      { name: "root", num_children: 4 },
      { name: "id", type: "INT64", repetition_type: "REQUIRED" },
      { name: "title", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
      { name: "year", type: "INT32", repetition_type: "REQUIRED" },
      { name: "vector", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
    ],
  });
  return new Uint8Array(buffer);
}
