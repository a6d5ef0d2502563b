import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

// Data sets are generated, not kept in the repository: random float32 values (constant data runs too fast), the same for
// the same size. Generating takes longer than importing, so files are kept between runs.

/** Files that were made for a measurement; `bytes` of all of them. */
export interface Dataset {
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly dim: number;
}

const BLOCK_ROWS = 4096;

/** Fills `out` with float32 values of an embedding's kind: random in sign and size, about [-1, 1). xorshift32. */
function fillRandom(out: Float32Array, seed: number): void {
  let x = seed | 1;
  for (let i = 0; i < out.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x / 2 ** 31;
  }
}

/** Makes a file unless it is there. @param write to a name of its own, so that half a file is none */
export function makeOnce(path: string, write: (path: string) => void): void {
  if (existsSync(path)) return;
  const part = `${path}.part`;
  write(part);
  renameSync(part, path);
}

/** JSON Lines: `{"id": n, "vector": [...]}`, numbers as JSON.stringify prints a float32 held in a double. */
export function jsonLines(folder: string, bytes: number, dim: number): Dataset {
  return textFile(folder, bytes, dim, {
    extension: "jsonl",
    header: "",
    row: (id, vector) => `{"id":${id},"vector":[${vector}]}\n`,
  });
}

/** The same rows as CSV: `0,"[…]"`. */
export function csvFile(folder: string, bytes: number, dim: number): Dataset {
  return textFile(folder, bytes, dim, {
    extension: "csv",
    header: "id,vector\n",
    row: (id, vector) => `${id},"[${vector}]"\n`,
  });
}

interface TextForm {
  readonly extension: string;
  readonly header: string;
  readonly row: (id: number, vector: string) => string;
}

function textFile(folder: string, bytes: number, dim: number, { extension, header, row: rowOf }: TextForm): Dataset {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `lines-${dim}-${bytes}.${extension}`);
  const rows = Math.ceil(bytes / rowOf(1_000_000, [...randomRow(dim)].join(",")).length);
  makeOnce(path, (part) => {
    const file = openSync(part, "w");
    const vectors = new Float32Array(BLOCK_ROWS * dim);
    writeSync(file, header);
    for (let first = 0; first < rows; first += BLOCK_ROWS) {
      fillRandom(vectors, 7919 * (first + 1));
      const lines: string[] = [];
      for (let row = first; row < Math.min(rows, first + BLOCK_ROWS); row++) {
        const at = (row - first) * dim;
        lines.push(rowOf(row, vectors.subarray(at, at + dim).join(",")));
      }
      writeSync(file, lines.join(""));
    }
    closeSync(file);
  });
  return { files: [path], rows, bytes: statSync(path).size, dim };
}

function randomRow(dim: number): Float32Array {
  const row = new Float32Array(dim);
  fillRandom(row, 12345);
  return row;
}

/** `id.npy` (int64) and `vector.npy` (float32) of about `bytes` together. */
export function numpyColumns(folder: string, bytes: number, dim: number): Dataset {
  const rows = Math.floor(bytes / (dim * 4 + 8));
  const set = join(folder, `npy-${dim}-${bytes}`);
  mkdirSync(set, { recursive: true });
  const ids = join(set, "id.npy");
  const vectors = join(set, "vector.npy");
  makeOnce(ids, (part) =>
    writeNpy(part, "<i8", `(${rows},)`, rows, 8, (block, first, count) => {
      const view = new BigInt64Array(block.buffer, 0, count);
      for (let i = 0; i < count; i++) view[i] = BigInt(first + i);
    }),
  );
  makeOnce(vectors, (part) =>
    writeNpy(part, "<f4", `(${rows}, ${dim})`, rows, dim * 4, (block, first, count) => {
      fillRandom(new Float32Array(block.buffer, 0, count * dim), 104729 * (first + 1));
    }),
  );
  return { files: [ids, vectors], rows, bytes: statSync(ids).size + statSync(vectors).size, dim };
}

/** What stands before the vectors, by format. */
const vectorHeaders = {
  fbin: (rows: number, dim: number) => Buffer.from(Uint32Array.of(rows, dim).buffer),
  safetensors: (rows: number, dim: number) => {
    const tensor = { dtype: "F32", shape: [rows, dim], data_offsets: [0, 4 * rows * dim] };
    const text = JSON.stringify({ vector: tensor });
    const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
    return Buffer.concat([new Uint8Array(BigUint64Array.of(BigInt(padded.length)).buffer), padded]);
  },
  /** A flat index for L2. */
  faiss: (rows: number, dim: number) => {
    const header = Buffer.alloc(45);
    header.write("IxF2");
    header.writeInt32LE(dim, 4);
    header.writeBigInt64LE(BigInt(rows), 8);
    header[32] = 1;
    header.writeInt32LE(1, 33);
    header.writeBigInt64LE(BigInt(rows * dim), 37);
    return header;
  },
} as const;

/** Formats of files that hold vectors alone. */
export type VectorFormat = keyof typeof vectorHeaders;

/** Vectors alone, of about `bytes`; keys are the numbers of rows. */
export function vectorFile(folder: string, bytes: number, dim: number, format: VectorFormat): Dataset {
  mkdirSync(folder, { recursive: true });
  const rows = Math.floor(bytes / (dim * 4));
  const path = join(folder, `vectors-${dim}-${bytes}.${format}`);
  makeOnce(path, (part) => {
    const fill = (block: Uint8Array, first: number, count: number) =>
      fillRandom(new Float32Array(block.buffer, 0, count * dim), 104729 * (first + 1));
    writeRows(part, vectorHeaders[format](rows, dim), rows, dim * 4, fill);
  });
  return { files: [path], rows, bytes: statSync(path).size, dim };
}

function writeNpy(
  path: string,
  descr: string,
  shape: string,
  rows: number,
  rowBytes: number,
  fill: (block: Uint8Array, first: number, count: number) => void,
): void {
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const text = `${dict.padEnd(128 - 11)}\n`;
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  writeRows(path, Buffer.concat([magic, Buffer.from(text)]), rows, rowBytes, fill);
}

function writeRows(
  path: string,
  header: Uint8Array,
  rows: number,
  rowBytes: number,
  fill: (block: Uint8Array, first: number, count: number) => void,
): void {
  const file = openSync(path, "w");
  writeSync(file, header);
  const block = new Uint8Array(BLOCK_ROWS * rowBytes);
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - first);
    fill(block, first, count);
    writeSync(file, block, 0, count * rowBytes);
  }
  closeSync(file);
}

/** A Parquet file as pyarrow writes it from a list column, `id` and `vector`. Undefined where there is no pyarrow. */
export function parquetFile(
  folder: string,
  bytes: number,
  dim: number,
  codec: "none" | "snappy" | "zstd",
): Dataset | undefined {
  const python = pyarrowPython();
  if (!python) return undefined;
  mkdirSync(folder, { recursive: true });
  const rows = Math.floor(bytes / (dim * 4 + 8));
  const path = join(folder, `parquet-${dim}-${bytes}-${codec}.parquet`);
  const script = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
path, rows, dim, codec = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rng = np.random.default_rng(7)
schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32()))])
with pq.ParquetWriter(path, schema, compression=codec) as writer:
    for first in range(0, rows, 65536):
        n = min(65536, rows - first)
        vectors = rng.uniform(-1, 1, n * dim).astype(np.float32)
        lists = pa.ListArray.from_arrays(np.arange(0, (n + 1) * dim, dim, dtype=np.int32), vectors)
        writer.write_table(pa.table([np.arange(first, first + n), lists], schema=schema))
`;
  makeOnce(path, (part) => execFileSync(python, ["-c", script, part, String(rows), String(dim), codec]));
  return { files: [path], rows, bytes: statSync(path).size, dim };
}

/** An Arrow file as pyarrow writes it, `id` and `vector` of fixed lists. Undefined where there is no pyarrow. */
export function arrowFile(folder: string, bytes: number, dim: number): Dataset | undefined {
  const python = pyarrowPython();
  if (!python) return undefined;
  mkdirSync(folder, { recursive: true });
  const rows = Math.floor(bytes / (dim * 4 + 8));
  const path = join(folder, `arrow-${dim}-${bytes}.arrow`);
  const script = `
import sys, numpy as np, pyarrow as pa, pyarrow.ipc as ipc
path, rows, dim = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = np.random.default_rng(7)
schema = pa.schema([("id", pa.int64()), ("vector", pa.list_(pa.float32(), dim))])
with ipc.new_file(path, schema) as writer:
    for first in range(0, rows, 65536):
        n = min(65536, rows - first)
        vectors = pa.array(rng.uniform(-1, 1, n * dim).astype(np.float32))
        lists = pa.FixedSizeListArray.from_arrays(vectors, dim)
        writer.write_table(pa.table([np.arange(first, first + n), lists], schema=schema))
`;
  makeOnce(path, (part) => execFileSync(python, ["-c", script, part, String(rows), String(dim)]));
  return { files: [path], rows, bytes: statSync(path).size, dim };
}

/** A data set of one file under gzip, as the program of that name makes it. */
export function gzipped(set: Dataset): Dataset {
  const [file] = set.files;
  const path = `${file}.gz`;
  makeOnce(path, (part) => execFileSync("sh", ["-ec", 'gzip -c "$1" > "$2"', "gzip", file, part]));
  return { ...set, files: [path], bytes: statSync(path).size };
}

/** The bytes of a file under zstd, in memory: what decompressing alone takes. */
export function zstdPacked({ files: [file] }: Dataset): { readonly unpack: () => void } {
  const bytes = readFileSync(file);
  const frames: Uint8Array[] = [];
  // About as large as the pages of pyarrow.
  for (let at = 0; at < bytes.length; at += 1 << 20) frames.push(zstdCompressSync(bytes.subarray(at, at + (1 << 20))));
  return { unpack: () => frames.forEach((frame) => void zstdDecompressSync(frame)) };
}

/** The Python that has pyarrow, as test/servers.sh installs it. */
export function pyarrowPython(): string | undefined {
  const cache = process.env.SLUICE_TEST_CACHE ?? join(homedir(), ".cache", "sluice-test");
  const python = process.env.SLUICE_PYARROW_PYTHON ?? join(cache, "venv-pymilvus-3.0.1", "bin", "python");
  return existsSync(python) ? python : undefined;
}
