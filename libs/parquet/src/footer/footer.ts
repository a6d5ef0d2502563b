import { ImportError } from "@sluice/errors";
import type { ByteSource } from "../byte-source.ts";
import { Damage, damageError, TooLarge } from "../damage.ts";
import { FIELDS_KEY } from "../format.ts";
import type { ChunkInfo, ParquetFile, RowGroupInfo } from "./file-layout.ts";
import { type ColumnMetaData, decodeFileMetaData, type FileMetaData, type RowGroup } from "./file-metadata.ts";
import { geometriesOf } from "./geometries.ts";
import { pandasFloatsOf, pandasIndexOf } from "./pandas-index.ts";
import { buildSchemaTree, leavesOf, type SchemaNode } from "./schema-tree.ts";

/** Behind the metadata: their length (uint32) and the magic. */
const TAIL_BYTES = 8;
/** Read at once from the end of the file: most footers are smaller. */
const FIRST_READ_BYTES = 64 << 10;
/** Read whole, and some objects for every column chunk are made of it, each of which takes more than a hundred bytes here. */
const MAX_FOOTER_BYTES = 32 << 20;

/**
 * Reads and checks the footer. Memory: its bytes, 32 MiB at most, and what is made of them.
 * @throws {ImportError} `malformed_file`; `unsupported` for encrypted and for excessive files; what the source throws
 */
export async function readFooter(source: ByteSource, signal?: AbortSignal): Promise<ParquetFile> {
  const { sizeBytes } = source;
  const tail = await readRange(source, Math.max(0, sizeBytes - FIRST_READ_BYTES), sizeBytes, signal);
  const length = footerLength(tail, sizeBytes);
  const end = sizeBytes - TAIL_BYTES;
  if (length + TAIL_BYTES > tail.length)
    return describeFile(await readRange(source, end - length, end, signal), end - length);
  return describeFile(tail.subarray(tail.length - TAIL_BYTES - length, tail.length - TAIL_BYTES), end - length);
}

/** As `readFooter`, of a file that is in memory. @throws {ImportError} `malformed_file`, `unsupported` */
export function parseFooter(file: Uint8Array): ParquetFile {
  const end = file.length - TAIL_BYTES;
  const start = end - footerLength(file, file.length);
  return describeFile(file.subarray(start, end), start);
}

function describeFile(bytes: Uint8Array, start: number): ParquetFile {
  try {
    return describe(decodeFileMetaData(bytes), start);
  } catch (error) {
    throw damageError(error, "the footer", { byteOffset: start });
  }
}

/** Bytes of metadata, as the last eight bytes say. @param tail the file's last bytes, all of a small one */
function footerLength(tail: Uint8Array, sizeBytes: number): number {
  const fail = (reason: string) => new ImportError("malformed_file", reason);
  if (sizeBytes < 4 + TAIL_BYTES) throw fail(`a Parquet file has at least 12 bytes, this one has ${sizeBytes}`);
  const magic = Buffer.from(tail.subarray(tail.length - 4)).toString("latin1");
  if (magic === "PARE")
    throw new ImportError(
      "unsupported",
      "the file is encrypted (magic PARE), and no key is known here: write it without encryption",
    );
  if (magic !== "PAR1") throw fail('this is no Parquet file, or it is cut short: it does not end with "PAR1"');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - TAIL_BYTES, true);
  if (length > sizeBytes - TAIL_BYTES - 4)
    throw fail(`the footer announces ${length} bytes of metadata, the file has ${sizeBytes}`);
  if (length > MAX_FOOTER_BYTES)
    throw damageError(new TooLarge(`a footer of ${length} bytes`, MAX_FOOTER_BYTES), "the footer", {});
  return length;
}

async function readRange(source: ByteSource, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  const count = await source.readInto(start, bytes, signal);
  if (count === bytes.length) return bytes;
  throw new ImportError(
    "malformed_file",
    `the file ends at byte ${start + count}, expected ${source.sizeBytes} bytes: it was replaced`,
  );
}

function describe(metadata: FileMetaData, footerStart: number): ParquetFile {
  const root = buildSchemaTree(metadata.schema, metadata.createdBy);
  const leaves = leavesOf(root);
  const rowGroups: RowGroupInfo[] = [];
  let firstRow = 0;
  for (const group of metadata.rowGroups()) {
    const described = describeGroup(group, leaves, firstRow, footerStart);
    rowGroups.push(described);
    firstRow += described.rowCount;
  }
  if (firstRow !== size(metadata.rowCount, "the number of rows")) {
    throw new Damage(`the row groups have ${firstRow} rows, the file announces ${metadata.rowCount}`);
  }
  const { notes } = metadata;
  const fieldNotes = notes[FIELDS_KEY];
  return {
    ...{ root, rowGroups, rowCount: firstRow, pandasIndex: pandasIndexOf(notes, firstRow) },
    ...{ pandasFloats: pandasFloatsOf(notes), geometries: geometriesOf(notes) },
    ...(fieldNotes !== undefined && { fieldNotes }),
  };
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
    if (column.isEncrypted || !column.metaData) throw encrypted(leaves[i]);
    if (column.filePath)
      throw new ImportError(
        "unsupported",
        `column '${leaves[i].path.join(".")}' lies in another file, '${column.filePath}': write all columns into one file`,
      );
    return describeChunk(column.metaData, leaves[i], footerStart);
  });
  const compressedBytes = chunks.reduce((sum, chunk) => sum + chunk.end - chunk.start, 0);
  return { rowCount: size(group.rowCount, "the number of rows of a row group"), firstRow, compressedBytes, chunks };
}

function encrypted(leaf: SchemaNode): ImportError {
  return new ImportError(
    "unsupported",
    `column '${leaf.path.join(".")}' is encrypted, and no key is known here: write the file without encryption`,
    { field: leaf.path[0] },
  );
}

function describeChunk(column: ColumnMetaData, leaf: SchemaNode, footerStart: number): ChunkInfo {
  const name = leaf.path.join(".");
  if (column.type !== leaf.element.type || column.path !== name) {
    throw new Damage(`a column chunk '${column.path}' stands where '${name}' belongs`);
  }
  if (column.codec === undefined) throw new Damage(`column '${name}' has an unknown codec`);
  const dictionary = size(column.dictionaryPageOffset, "an offset");
  const data = size(column.dataPageOffset, "an offset");
  // Some writers set the dictionary's offset to 0 where there is none.
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const end = start + size(column.compressedBytes, "the size of a column chunk");
  if (end > footerStart) throw new Damage(`column '${name}' ends at byte ${end}, behind the start of the footer`);
  return {
    start,
    end,
    codec: column.codec,
    numValues: size(column.numValues, "the number of values"),
    uncompressedBytes: size(column.uncompressedBytes, "the size of a column chunk"),
  };
}

/** A number that the footer must give. */
function size(value: number, what: string): number {
  if (value < 0) throw new Damage(`${what} is ${value === -1 ? "missing" : value}`);
  return value;
}
