import type { InsertBatch } from "@sluice/columns";
import type { SourceFile } from "@sluice/object-store";
import { MemoryObjectStore, sourceFile } from "@sluice/object-store/testing";
import type { CollectionSchema, DataType, FieldSchema } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";

/** Bytes of a `.npy` file with an array of this type and shape. */
export function npyFile(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  { fortran = false }: { fortran?: boolean } = {},
): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  return npyWithHeader(
    `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`,
    data,
  );
}

/** Version 1.0, padded to 64 bytes as NumPy does. */
export function npyWithHeader(header: string, data: ArrayBufferView): Uint8Array {
  const text = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${text}`, "latin1");
  start.writeUInt16LE(text.length, 8);
  return Buffer.concat([start, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** The files of a set in a store, by field name. */
export async function setOf(
  files: Readonly<Record<string, Uint8Array>>,
): Promise<{ store: MemoryObjectStore; sources: SourceFile[] }> {
  const store = new MemoryObjectStore();
  const sources: SourceFile[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    await store.put(`${name}.npy`, [bytes]);
    sources.push(await sourceFile(store, `${name}.npy`));
  }
  return { store, sources };
}

/** A field; `id` is the primary key. */
export function fieldOf(name: string, dataType: DataType, more: Partial<FieldSchema> = {}): FieldSchema {
  return field(name, dataType, { isPrimaryKey: name === "id", ...more });
}

export const schemaOf = (...fields: FieldSchema[]): CollectionSchema => collection(fields);

/** What a batch holds, copied: batches are borrowed. */
export interface Kept {
  readonly rowCount: number;
  readonly sourceBytes: number;
  /** By field: the bytes of each value. */
  readonly cells: readonly (readonly string[] | undefined)[];
}

/** The values of a batch, in hexadecimal digits. */
export function keep(batch: InsertBatch): Kept {
  const cells = batch.columns.map((column) => {
    if (!column) return undefined;
    const bytes = Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength);
    const offset = (row: number) => (column.kind === "fixed" ? row * column.width : column.offsets[row]);
    return Array.from({ length: batch.rowCount }, (_, row) => bytes.toString("hex", offset(row), offset(row + 1)));
  });
  return { rowCount: batch.rowCount, sourceBytes: batch.sourceBytes, cells };
}
