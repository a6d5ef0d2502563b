import type { Codec } from "../format.ts";
import type { SchemaNode } from "./schema-tree.ts";

/** Where one column of a row group lies in the file. */
export interface ChunkInfo {
  /** Offsets of the first page's header and of the byte behind the last page. */
  readonly start: number;
  readonly end: number;
  readonly codec: Codec;
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

/** What the footer says, checked. */
export interface ParquetFile {
  readonly root: SchemaNode;
  readonly rowGroups: readonly RowGroupInfo[];
  readonly rowCount: number;
  /** Names of columns that exist only in the metadata: a consecutive pandas index is not written as a column. */
  readonly pandasRangeIndexes: readonly string[];
}
