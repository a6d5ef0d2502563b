import { ImportError, locate } from "@sluice/errors";
import type { ObjectSource } from "@sluice/object-store";
import {
  type ColumnMetaData,
  type CompressionCodec,
  type FileMetaData,
  parquetMetadata,
  type RowGroup,
} from "hyparquet";
import { Damage } from "./damage.ts";
import { buildSchemaTree, leavesOf, type SchemaNode } from "./schema-tree.ts";
import { ThriftReader } from "./thrift/compact-reader.ts";

/** Where one column of a row group lies in the file. */
export interface ChunkInfo {
  /** Offsets of the first page's header and of the byte behind the last page. */
  readonly start: number;
  readonly end: number;
  readonly codec: CompressionCodec;
  /** Entries: for lists one per element, empty list and null. */
  readonly numValues: number;
  readonly uncompressedBytes: number;
}

export interface RowGroupInfo {
  readonly rowCount: number;
  /** Row of the file at which the group starts. */
  readonly firstRow: number;
  readonly compressedBytes: number;
  /** By leaf of the schema. */
  readonly chunks: readonly ChunkInfo[];
}

export interface ParquetFile {
  readonly root: SchemaNode;
  readonly rowGroups: readonly RowGroupInfo[];
  readonly rowCount: number;
  /** Names of columns that exist only in the metadata: a consecutive pandas index is not written as a column. */
  readonly pandasRangeIndexes: readonly string[];
}

/** Behind the metadata: their length (uint32) and the magic. */
const TAIL_BYTES = 8;
/** Read at once from the end of the file: most footers are smaller. */
const FIRST_READ_BYTES = 64 << 10;
/** A footer takes some hundred bytes a column chunk; this is a million of them. */
const MAX_FOOTER_BYTES = 256 << 20;

/**
 * Reads and checks the footer. @throws {ImportError} `malformed_file`, `unsupported` for encrypted files,
 * `file_not_found` and `object_store_unavailable` as the store says
 */
export async function readFooter(source: ObjectSource, signal?: AbortSignal): Promise<ParquetFile> {
  try {
    const bytes = await readFooterBytes(source, signal);
    return describeFile(bytes, source.sizeBytes - TAIL_BYTES - bytes.length);
  } catch (error) {
    throw locate(error, { file: source.path });
  }
}

function describeFile(bytes: Uint8Array, start: number): ParquetFile {
  try {
    return describe(decodeFooter(bytes), start);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    throw new ImportError(
      "malformed_file",
      `the footer is damaged: ${error.message}`,
      { byteOffset: start },
      { cause: error },
    );
  }
}

async function readFooterBytes(source: ObjectSource, signal?: AbortSignal): Promise<Uint8Array> {
  const fail = (reason: string) => new ImportError("malformed_file", reason, { file: source.path });
  if (source.sizeBytes < 4 + TAIL_BYTES)
    throw fail(`a Parquet file has at least 12 bytes, this one has ${source.sizeBytes}`);
  const tail = await readRange(source, Math.max(0, source.sizeBytes - FIRST_READ_BYTES), source.sizeBytes, signal);
  const magic = Buffer.from(tail.subarray(tail.length - 4)).toString("latin1");
  if (magic === "PARE")
    throw new ImportError(
      "unsupported",
      "the file is encrypted (magic PARE): encrypted Parquet files are not supported",
      { file: source.path },
    );
  if (magic !== "PAR1") throw fail('this is no Parquet file, or it is cut short: it does not end with "PAR1"');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - TAIL_BYTES, true);
  const end = source.sizeBytes - TAIL_BYTES;
  if (length > end - 4)
    throw fail(`the footer announces ${length} bytes of metadata, the file has ${source.sizeBytes}`);
  if (length > MAX_FOOTER_BYTES)
    throw fail(`the footer announces ${length} bytes of metadata, at most ${MAX_FOOTER_BYTES} are supported`);
  if (length + TAIL_BYTES <= tail.length)
    return tail.subarray(tail.length - TAIL_BYTES - length, tail.length - TAIL_BYTES);
  return readRange(source, end - length, end, signal);
}

async function readRange(source: ObjectSource, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  const count = await source.store.readInto(source.key, start, bytes, signal);
  if (count === bytes.length) return bytes;
  throw new ImportError(
    "malformed_file",
    `the file ends at byte ${start + count}, expected ${source.sizeBytes} bytes: it was replaced`,
    { file: source.path },
  );
}

/** A pass of our own comes first: hyparquet trusts the counts and lengths that it reads. */
function decodeFooter(bytes: Uint8Array): FileMetaData {
  const reader = new ThriftReader();
  reader.reset(bytes, 0, bytes.length);
  reader.skipStruct();
  const framed = new Uint8Array(bytes.length + TAIL_BYTES);
  framed.set(bytes);
  new DataView(framed.buffer).setUint32(bytes.length, bytes.length, true);
  framed.set(Buffer.from("PAR1"), bytes.length + 4);
  try {
    return parquetMetadata(framed, { geoparquet: false });
  } catch (error) {
    throw new Damage((error as Error).message);
  }
}

function describe(metadata: FileMetaData, footerStart: number): ParquetFile {
  const root = buildSchemaTree(metadata.schema);
  const leaves = leavesOf(root);
  const rowGroups: RowGroupInfo[] = [];
  let firstRow = 0;
  for (const group of metadata.row_groups) {
    const described = describeGroup(group, leaves, firstRow, footerStart);
    rowGroups.push(described);
    firstRow += described.rowCount;
  }
  if (firstRow !== size(metadata.num_rows, "the number of rows")) {
    throw new Damage(`the row groups have ${firstRow} rows, the file announces ${metadata.num_rows}`);
  }
  return { root, rowGroups, rowCount: firstRow, pandasRangeIndexes: pandasRangeIndexes(metadata) };
}

function describeGroup(
  group: RowGroup,
  leaves: readonly SchemaNode[],
  firstRow: number,
  footerStart: number,
): RowGroupInfo {
  if (group.columns.length !== leaves.length) {
    throw new Damage(`a row group has ${group.columns.length} columns, the schema ${leaves.length}`);
  }
  const chunks = group.columns.map((column, i) => {
    if (column.crypto_metadata !== undefined || !column.meta_data) throw encrypted(leaves[i]);
    if (column.file_path)
      throw new ImportError(
        "unsupported",
        `column '${leaves[i].path.join(".")}' lies in another file, '${column.file_path}'`,
      );
    return describeChunk(column.meta_data, leaves[i], footerStart);
  });
  const compressedBytes = chunks.reduce((sum, chunk) => sum + chunk.end - chunk.start, 0);
  return { rowCount: size(group.num_rows, "the number of rows of a row group"), firstRow, compressedBytes, chunks };
}

function encrypted(leaf: SchemaNode): ImportError {
  return new ImportError(
    "unsupported",
    `column '${leaf.path.join(".")}' is encrypted: encrypted Parquet files are not supported`,
    { field: leaf.path[0] },
  );
}

function describeChunk(column: ColumnMetaData, leaf: SchemaNode, footerStart: number): ChunkInfo {
  const name = leaf.path.join(".");
  if (column.type !== leaf.element.type || column.path_in_schema.join(".") !== name) {
    throw new Damage(`a column chunk '${column.path_in_schema.join(".")}' stands where '${name}' belongs`);
  }
  if (column.codec === undefined) throw new Damage(`column '${name}' has an unknown codec`);
  const dictionary = column.dictionary_page_offset === undefined ? 0 : size(column.dictionary_page_offset, "an offset");
  const data = size(column.data_page_offset, "an offset");
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const end = start + size(column.total_compressed_size, "the size of a column chunk");
  if (end > footerStart) throw new Damage(`column '${name}' ends at byte ${end}, behind the start of the footer`);
  return {
    start,
    end,
    codec: column.codec,
    numValues: size(column.num_values, "the number of values"),
    uncompressedBytes: size(column.total_uncompressed_size, "the size of a column chunk"),
  };
}

function size(value: bigint, what: string): number {
  if (typeof value !== "bigint" || value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Damage(`${what} is ${value}`);
  return Number(value);
}

/** Source: pandas, "Storing pandas DataFrame objects in Apache Parquet format", key `pandas`. */
function pandasRangeIndexes(metadata: FileMetaData): string[] {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "pandas")?.value;
  if (text === undefined) return [];
  try {
    const { index_columns: indexes } = JSON.parse(text) as { index_columns?: unknown };
    return Array.isArray(indexes)
      ? indexes.filter((index) => index?.kind === "range" && typeof index.name === "string").map(({ name }) => name)
      : [];
  } catch {
    return []; // Only a hint in a message depends on it.
  }
}
