import { DataType, isVector } from "@sluice/schema";
import { npyBytes } from "../../support/source-files.ts";
import type { TableColumn, WriteFiles } from "./table-column.ts";

// Files of vectors alone, with the keys in a file beside them, and index files, which have both.

/** Vectors of one column, and the keys of another, row by row. */
interface KeyedVectors {
  readonly name: string;
  readonly dim: number;
  readonly vectors: readonly Uint8Array[];
  readonly keys: readonly bigint[];
}

/** What `columns` come to where they are a key and vectors of elements of this type; else undefined. */
function keyedVectors(columns: readonly TableColumn[], rows: number, descr: string): KeyedVectors | undefined {
  const [key, vector, ...more] = columns;
  const { npy, type } = vector?.sample ?? {};
  if (more.length > 0 || key.sample.type !== DataType.Int64 || !npy || npy.descr !== descr) return undefined;
  if (type === undefined || !isVector(type) || vector.isGiven || key.isGiven) return undefined;
  const all = Array.from({ length: rows }, (_, row) => row);
  return {
    name: vector.name,
    dim: npy.items ?? 1,
    vectors: all.map((row) => vector.cells?.[row]?.npy?.bytes ?? npy.bytes),
    keys: all.map((row) => BigInt(JSON.stringify((key.cells?.[row] ?? key.sample).json))),
  };
}

/** The vectors called after their field, the keys in a NumPy file. */
function besideKeys(extension: string, descr: string, bytesOf: (table: KeyedVectors) => Uint8Array): WriteFiles {
  return (columns, rows) => {
    const table = keyedVectors(columns, rows, descr);
    const [key] = columns;
    return (
      table && {
        [`${key.name}.npy`]: npyBytes("<i8", [rows], BigInt64Array.from(table.keys)),
        [`${table.name}.${extension}`]: bytesOf(table),
      }
    );
  };
}

/** Each with its dimension before it. Source: the TEXMEX corpus. */
const vecs = ({ dim, vectors }: KeyedVectors) => Buffer.concat(vectors.flatMap((vector) => [u32(dim), vector]));
/** Number and dimension, then all. Source: the big-ann-benchmarks. */
const bin = ({ dim, vectors }: KeyedVectors) => Buffer.concat([u32(vectors.length), u32(dim), ...vectors]);

/** An index calls neither vectors nor keys by names: they are the only vector field's, and the key's. */
function index(extension: string, bytesOf: (table: KeyedVectors) => Uint8Array): WriteFiles {
  return (columns, rows) => {
    const table = columns[1]?.name.includes(".") ? undefined : keyedVectors(columns, rows, "<f4");
    return table && { [`t.${extension}`]: bytesOf(table) };
  };
}

const LINKS = 32;

/** Source: `saveIndex` of hnswlib 0.8. */
function hnswlib({ dim, vectors, keys }: KeyedVectors): Uint8Array {
  const [vectorAt, labelAt] = [4 * (LINKS + 1), 4 * (LINKS + 1) + 4 * dim];
  const sizes = [0, keys.length, keys.length, labelAt + 8, labelAt, vectorAt].map(u64);
  const rest = [u32(0), u32(0), u64(LINKS / 2), u64(LINKS), u64(LINKS / 2), Buffer.alloc(8), u64(200)];
  const elements = vectors.flatMap((vector, row) => [Buffer.alloc(vectorAt), vector, u64(keys[row])]);
  return Buffer.concat([...sizes, ...rest, ...elements, Buffer.alloc(4 * keys.length)]);
}

/** Space euclid, storage Float32. */
function voyager(table: KeyedVectors): Uint8Array {
  const head = [Buffer.from("VOYA"), u32(1), u32(table.dim), Buffer.of(0, 0x20), u32(0), Buffer.of(0)];
  return Buffer.concat([...head, hnswlib(table)]);
}

/** IDMap,Flat of the metric L2. */
function faiss({ dim, vectors, keys }: KeyedVectors): Uint8Array {
  const head = (fourcc: string) => {
    const unused = u64(1 << 20);
    return [Buffer.from(fourcc), u32(dim), u64(keys.length), unused, unused, Buffer.of(1), u32(1)];
  };
  const flat = [...head("IxF2"), u64(keys.length * dim), ...vectors];
  return Buffer.concat([...head("IxMp"), ...flat, u64(keys.length), ...keys.map(u64)]);
}

/** Components of float32, no links. */
function usearch({ dim, vectors, keys }: KeyedVectors): Uint8Array {
  const kinds = Buffer.from([...Buffer.from("usearch"), 2, 0, 26, 0, 6, 0, 0x65, 11, 14, 15]);
  const head = [kinds, u64(keys.length), u64(0), u64(dim), Buffer.alloc(64 - kinds.length - 24)];
  const graph = [u64(keys.length), u64(16), u64(32), u64(0), u64(0), Buffer.alloc(2 * keys.length)];
  const nodes = keys.flatMap((key) => [u64(key), Buffer.alloc(2 + 4 + 4 * 32)]);
  return Buffer.concat([u32(keys.length), u32(4 * dim), ...vectors, ...head, ...graph, ...nodes]);
}

/** The data beside an index (`save_data=True`). */
function nmslib({ dim, vectors, keys }: KeyedVectors): Uint8Array {
  const objects = vectors.flatMap((vector, row) => [
    ...[u64(16 + 4 * dim), new Uint8Array(Int32Array.of(Number(keys[row]), -1).buffer), u64(4 * dim), vector],
  ]);
  return Buffer.concat([u64(keys.length), ...objects]);
}

const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint) => new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);

/** Vectors beside their keys, as each program keeps them; the name says which. */
export const vectorWriters: Readonly<Record<string, WriteFiles>> = {
  "arrays of fvecs": besideKeys("fvecs", "<f4", vecs),
  "arrays of bvecs": besideKeys("bvecs", "|u1", vecs),
  "arrays of fbin": besideKeys("fbin", "<f4", bin),
  "arrays of u8bin": besideKeys("u8bin", "|u1", bin),
  "arrays of i8bin": besideKeys("i8bin", "|i1", bin),
  hnswlib: index("hnswlib", hnswlib),
  voyager: index("voyager", voyager),
  faiss: index("faiss", faiss),
  usearch: index("usearch", usearch),
  nmslib: index("nmslib", nmslib),
};
