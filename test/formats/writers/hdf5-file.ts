import type { TableColumn } from "./table-column.ts";

// HDF5 as h5py writes it by default: superblock of version 0, a group with a symbol table, contiguous data sets.
// Source: HDF5 File Format Specification 3.0.

const UNDEFINED = 2n ** 64n - 1n;
/** Of the superblock, whose sizes the tree and the table of symbols follow. */
const [LEAF_K, INTERNAL_K] = [4, 16];
const [SUPERBLOCK_BYTES, ROOT_BYTES] = [96, 40];
const TREE_BYTES = 24 + 2 * INTERNAL_K * 8 + (2 * INTERNAL_K + 1) * 8;
const TABLE_BYTES = 8 + 2 * LEAF_K * 40;
const HEAP_HEAD_BYTES = 32;

interface Dataset {
  readonly name: string;
  readonly type: Uint8Array;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** One file with a data set a column; undefined where a column is no array, or of a type that h5py has none for. */
export function writeHdf5(columns: readonly TableColumn[], rows: number): Record<string, Uint8Array> | undefined {
  const sets = columns.map((column) => datasetOf(column, rows));
  if (sets.length > 2 * LEAF_K || !sets.every((set) => set !== undefined)) return undefined;
  return { "t.h5": fileOf(sets.toSorted((a, b) => (a.name < b.name ? -1 : 1))) };
}

function datasetOf({ name, sample, cells, isGiven }: TableColumn, rows: number): Dataset | undefined {
  if (!sample.npy || isGiven) return undefined;
  const { descr, items, bytes } = sample.npy;
  const values = Array.from({ length: rows }, (_, row) => cells?.[row]?.npy?.bytes ?? bytes);
  const shape = items === undefined ? [rows] : [rows, items];
  if (descr.startsWith("<U")) return textDataset(name, values);
  const type = typeOf(descr);
  return type && { name, type, shape, data: Buffer.concat(values) };
}

/** NumPy's texts as ones of fixed length in UTF-8, padded with NULs. */
function textDataset(name: string, values: readonly Uint8Array[]): Dataset {
  const texts = values.map((bytes) => {
    const points = new Uint32Array(bytes.slice().buffer);
    return Buffer.from(String.fromCodePoint(...points).replace(/\0+$/, ""));
  });
  const width = Math.max(1, ...texts.map(({ length }) => length));
  const data = Buffer.concat(texts.map((text) => Buffer.concat([text, Buffer.alloc(width - text.length)])));
  return { name, type: Buffer.concat([Buffer.of(0x13, 0x11, 0, 0), u32(width)]), shape: [values.length], data };
}

const floats: Readonly<Record<string, readonly number[]>> = {
  // Sign at, exponent at, its bits, mantissa bits, bias.
  f2: [15, 10, 5, 10, 15],
  f4: [31, 23, 8, 23, 127],
  f8: [63, 52, 11, 52, 1023],
};

function typeOf(descr: string): Uint8Array | undefined {
  const [, order, kind, size] = /^([<>|])([a-zA-Z])(\d)$/.exec(descr) ?? [];
  const width = Number(size);
  const big = order === ">" ? 1 : 0;
  if (kind === "i" || kind === "u")
    return Buffer.concat([Buffer.of(0x10, big | (kind === "i" ? 8 : 0), 0, 0), u32(width), u16(0), u16(8 * width)]);
  if (kind === "b") return booleans();
  if (kind === "V") return Buffer.concat([Buffer.of(0x15, 0, 0, 0), u32(width)]);
  const layout = kind === "f" ? floats[`f${size}`] : undefined;
  if (!layout) return undefined;
  const [sign, exponentAt, exponentBits, mantissaBits, bias] = layout;
  const places = Buffer.of(exponentAt, exponentBits, 0, mantissaBits);
  return Buffer.concat([Buffer.of(0x11, 0x20 | big, sign, 0), u32(width), u16(0), u16(8 * width), places, u32(bias)]);
}

/** h5py's: an enumeration over signed bytes. */
function booleans(): Uint8Array {
  const names = Buffer.from("FALSE\0\0\0TRUE\0\0\0\0", "latin1");
  return Buffer.concat([Buffer.of(0x18, 2, 0, 0), u32(1), typeOf("|i1") as Uint8Array, names, Buffer.of(0, 1)]);
}

function fileOf(sets: readonly Dataset[]): Uint8Array {
  const names = Buffer.concat([Buffer.alloc(8), ...sets.map(({ name }) => aligned(Buffer.from(`${name}\0`)))]);
  const treeAt = SUPERBLOCK_BYTES + ROOT_BYTES;
  const tableAt = treeAt + TREE_BYTES;
  const heapAt = tableAt + TABLE_BYTES;
  const objects: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = heapAt + HEAP_HEAD_BYTES + names.length;
  for (const set of sets) {
    const header = datasetHeader(set, at);
    entries.push(Buffer.concat([u64(names.indexOf(`${set.name}\0`, 8)), u64(at), Buffer.alloc(24)]));
    objects.push(header, aligned(set.data));
    at += header.length + objects[objects.length - 1].length;
  }
  const lastName = names.indexOf(`${sets[sets.length - 1]?.name}\0`, 8);
  return Buffer.concat([
    ...[superblock(at, treeAt, heapAt), objectHeader([message(0x11, u64(treeAt), u64(heapAt))])],
    ...[tree(tableAt, lastName), table(entries), heap(names, heapAt + HEAP_HEAD_BYTES), names, ...objects],
  ]);
}

function superblock(end: number, treeAt: number, heapAt: number): Uint8Array {
  const versions = Buffer.of(0, 0, 0, 0, 0, 8, 8, 0);
  const addresses = [0n, UNDEFINED, BigInt(end), UNDEFINED].map(u64);
  const root = [u64(0), u64(SUPERBLOCK_BYTES), u32(1), u32(0), u64(treeAt), u64(heapAt)];
  const sizes = [u16(LEAF_K), u16(INTERNAL_K), u32(0)];
  return Buffer.concat([Buffer.from("\x89HDF\r\n\x1a\n", "latin1"), versions, ...sizes, ...addresses, ...root]);
}

function tree(tableAt: number, lastName: number): Uint8Array {
  const head = [Buffer.from("TREE"), Buffer.of(0, 0), u16(1), u64(UNDEFINED), u64(UNDEFINED)];
  const used = Buffer.concat([...head, u64(0), u64(tableAt), u64(Math.max(0, lastName))]);
  return Buffer.concat([used, Buffer.alloc(TREE_BYTES - used.length)]);
}

function table(entries: readonly Uint8Array[]): Uint8Array {
  const used = Buffer.concat([Buffer.from("SNOD"), Buffer.of(1, 0), u16(entries.length), ...entries]);
  return Buffer.concat([used, Buffer.alloc(TABLE_BYTES - used.length)]);
}

function heap(names: Uint8Array, namesAt: number): Uint8Array {
  // 1: nothing in it is free.
  return Buffer.concat([Buffer.from("HEAP"), u32(0), u64(names.length), u64(1), u64(namesAt)]);
}

function datasetHeader({ type, shape, data }: Dataset, at: number): Uint8Array {
  const space = Buffer.concat([Buffer.of(1, shape.length, 0, 0, 0, 0, 0, 0), ...shape.map(u64)]);
  const withData = (dataAt: number) =>
    objectHeader([
      ...[message(1, space), message(3, type), message(5, Buffer.of(2, 2, 2, 0))],
      message(8, Buffer.of(3, 1), u64(dataAt), u64(data.length)),
    ]);
  return withData(at + withData(0).length);
}

function objectHeader(messages: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(messages);
  return Buffer.concat([Buffer.of(1, 0), u16(messages.length), u32(1), u32(body.length), u32(0), body]);
}

function message(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const data = aligned(Buffer.concat(parts));
  return Buffer.concat([u16(type), u16(data.length), Buffer.alloc(4), data]);
}

function aligned(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

const u16 = (value: number) => new Uint8Array(Uint16Array.of(value).buffer);
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
