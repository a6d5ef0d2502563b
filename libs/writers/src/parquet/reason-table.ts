import { createBuilder } from "@sluice/columns";
import { type CollectionSchema, DataType, plainField } from "@sluice/schema";
import type { FileWriter } from "../file-writer.ts";
import { parquetForm } from "./parquet-writer.ts";

/** Why a row was left out. */
interface Reason {
  readonly file: string;
  readonly row: number;
  readonly reason: string;
  readonly code?: string;
  readonly field?: string;
  readonly byteOffset?: number;
}

/** Rows of a row group, and bytes of a file of them, about. */
const GROUP_ROWS = 4096;
const FILE_BYTES = 8 << 20;

const text = (id: number, name: string) => plainField(id, name, DataType.VarChar);
const number = (id: number, name: string) => plainField(id, name, DataType.Int64);
const nullable = { nullable: true } as const;

/** Source: contract of stages, §12.3; `_byte` is ours. */
const fields = [
  text(100, "_file"),
  number(101, "_row"),
  { ...text(102, "_column"), ...nullable },
  text(103, "_code"),
  text(104, "_message"),
  { ...number(105, "_byte"), ...nullable },
];
const schema: CollectionSchema = {
  ...{ name: "rejected", fields, structs: [] },
  ...{ enableDynamicField: false, allowInsertAutoId: false, timezone: "UTC" },
};

/** Why rows were left out, as Parquet files of some megabytes, of which memory holds one. */
export class ReasonTable {
  #file: FileWriter = openFile();
  #columns = fields.map((field) => createBuilder(field, GROUP_ROWS));
  #rows = 0;

  /** Whether a row group is full, and rows have to be taken from here before more come. */
  get isFull(): boolean {
    return this.#rows === GROUP_ROWS;
  }

  /** One row; what is not said of it is null. */
  add({ file, row, reason, code = "value_invalid", field, byteOffset }: Reason): void {
    const cells = [
      Buffer.from(file),
      int64(row),
      bytesOf(field),
      Buffer.from(code),
      Buffer.from(reason),
      int64(byteOffset),
    ];
    for (const [i, column] of this.#columns.entries()) {
      const cell = cells[i];
      column.put(this.#rows, cell);
      if (cell) column.setValid(this.#rows);
      else column.fill(this.#rows);
    }
    this.#rows++;
  }

  /** Closes the row group. @returns the file, if it is large enough, or `isLast` and there is one */
  flush(isLast: boolean): { readonly rows: number; readonly pieces: readonly Uint8Array[] } | undefined {
    if (this.#rows > 0) {
      this.#file.append(
        this.#columns.map((column) => column.take(this.#rows)),
        this.#rows,
      );
      // The file may have views of them.
      this.#columns = fields.map((field) => createBuilder(field, GROUP_ROWS));
      this.#rows = 0;
    }
    const { rowCount: rows, sizeBytes } = this.#file;
    if (rows === 0 || (!isLast && sizeBytes < FILE_BYTES)) return undefined;
    const [{ pieces }] = this.#file.finish();
    this.#file = openFile();
    return { rows, pieces };
  }
}

function openFile(): FileWriter {
  return parquetForm.open(schema, (length) => new Uint8Array(length));
}

function bytesOf(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(value);
}

function int64(value: number | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
