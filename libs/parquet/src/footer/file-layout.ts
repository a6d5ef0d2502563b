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

/** Where the columns of one row group lie. */
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
  /** What pandas calls the index of its table. */
  readonly pandasIndex: PandasIndex;
  /** Names of columns of integers that were floating point numbers in pandas, as those of a list with a null become. */
  readonly pandasFloats: readonly string[];
  /** Columns of well-known binary by the metadata of GeoParquet, whose types need not say it. */
  readonly geometries: readonly string[];
  /** Value of the key `FIELDS_KEY`, whatever it is. */
  readonly fieldNotes?: string;
}

/** The index of a table of pandas, which its user has not named as data. */
export interface PandasIndex {
  /** Columns of the file that are the index; one that pandas itself has named is `__index_level_0__` or alike. */
  readonly columns: readonly string[];
  /** Columns that exist in the metadata alone: an index of evenly spaced numbers is not written. */
  readonly ranges: readonly PandasRange[];
}

/** Row `i` has `start + i * step`. */
export interface PandasRange {
  readonly name: string;
  readonly start: bigint;
  readonly step: bigint;
}
