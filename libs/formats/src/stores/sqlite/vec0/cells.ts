import { ImportError } from "@sluice/errors";
import type { SqlDatabase } from "@sluice/sqlite";
import type { JsonLines } from "../../json-lines.ts";
import { writeValue } from "../sql-json.ts";
import { ChunkValues } from "./chunk-values.ts";
import { type MetadataType, type Vec0Column, vectorBytes } from "./vec0-columns.ts";

/** The values of one column. */
export interface Cell {
  /** Before rows of another chunk. */
  readonly openChunk?: (chunk: bigint, size: number) => Promise<void>;
  /** @param row in the chunk */
  write(lines: JsonLines, row: number, rowId: bigint): void | Promise<void>;
}

/** Parallel to the columns. @throws {ImportError} `malformed_file` where a table of theirs is not there */
export function cellsOf(db: SqlDatabase, name: string, columns: readonly Vec0Column[]): Cell[] {
  return columns.map((column) => {
    switch (column.kind) {
      case "key":
        return column.isText
          ? rowCell(db, `${name}_rowids`, "id")
          : { write: (lines, _, rowId) => lines.number(rowId) };
      case "vector":
        return vectorCell(db, name, column);
      case "metadata":
        return column.type === "text"
          ? textCell(db, name, column.number)
          : numberCell(db, name, column.type, column.number);
      case "auxiliary":
        return rowCell(db, `${name}_auxiliary`, `value${digits(column.number)}`);
      default:
        // Stands in the chunk itself.
        return { write: () => {} };
    }
  });
}

function digits(number: number): string {
  return String(number).padStart(2, "0");
}

/** A value of a table that has a row for each row. */
function rowCell(db: SqlDatabase, name: string, columnName: string): Cell {
  const table = db.table(name);
  const [finder, column] = [table.finder(), table.column(columnName)];
  return {
    write: async (lines, _, rowId) => {
      const record = await finder.find(rowId);
      if (record) return writeValue(lines, table, record, column, rowId);
      throw new ImportError("malformed_file", `row ${rowId} is not in the table ${name}`, { file: db.path });
    },
  };
}

function vectorCell(db: SqlDatabase, name: string, { type, dim, number }: Vec0Column & { kind: "vector" }): Cell {
  const values = new ChunkValues(db, `${name}_vector_chunks${digits(number)}`, "vectors");
  const rowBytes = vectorBytes(type, dim);
  let bytes = Buffer.alloc(0);
  return {
    openChunk: async (chunk, size) => {
      bytes = Buffer.from(await values.of(chunk, size * rowBytes));
    },
    write: (lines, row) => {
      const vector = bytes.subarray(row * rowBytes, (row + 1) * rowBytes);
      if (type === "float") lines.floats(vector);
      else lines.list(rowBytes, (i) => (type === "int8" ? vector.readInt8(i) : vector[i]));
    },
  };
}

const widths: Readonly<Record<MetadataType, (size: number) => number>> = {
  boolean: (size) => Math.ceil(size / 8),
  integer: (size) => 8 * size,
  float: (size) => 8 * size,
  text: (size) => TEXT_BYTES * size,
};

function numberCell(db: SqlDatabase, name: string, type: Exclude<MetadataType, "text">, number: number): Cell {
  const values = new ChunkValues(db, `${name}_metadatachunks${digits(number)}`, "data");
  let bytes: Buffer = Buffer.alloc(0);
  return {
    openChunk: async (chunk, size) => {
      bytes = await values.of(chunk, widths[type](size));
    },
    write: (lines, row) => {
      if (type === "boolean") lines.out.ascii(((bytes[row >>> 3] >>> (row & 7)) & 1) === 1 ? "true" : "false");
      else lines.number(type === "integer" ? bytes.readBigInt64LE(8 * row) : bytes.readDoubleLE(8 * row));
    },
  };
}

/** Length and beginning of a text; one that is longer stands whole in another table. */
const [TEXT_BYTES, SHORT_BYTES] = [16, 12];

function textCell(db: SqlDatabase, name: string, number: number): Cell {
  const values = new ChunkValues(db, `${name}_metadatachunks${digits(number)}`, "data");
  const long = new ChunkValues(db, `${name}_metadatatext${digits(number)}`, "data");
  let bytes: Buffer = Buffer.alloc(0);
  return {
    openChunk: async (chunk, size) => {
      bytes = await values.of(chunk, widths.text(size));
    },
    write: async (lines, row, rowId) => {
      const at = TEXT_BYTES * row;
      const length = bytes.readInt32LE(at);
      const isShort = length >= 0 && length <= SHORT_BYTES;
      lines.text(isShort ? bytes.subarray(at + 4, at + 4 + length) : await long.text(rowId));
    },
  };
}
