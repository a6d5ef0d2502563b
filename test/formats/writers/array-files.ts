import { crc32 } from "node:zlib";
import { npyBytes } from "../../support/source-files.ts";
import type { TableColumn } from "./table-column.ts";

/** A file a column. */
export function writeNpy(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
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
export function writeZarr(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
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

/** One file. */
export function writeSafetensors(
  columns: readonly TableColumn[],
  rows: number,
): Record<string, Uint8Array> | undefined {
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
export function storedZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
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
