import type { InsertBatch } from "@sluice/columns";
import type { ObjectSource } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";

/** Formats by the name that stands in a task's order. */
export type FormatName = "json" | "jsonl" | "npy" | "parquet";

/** Half-open part of a file: bytes (jsonl), rows (npy), row groups (parquet). JSON lists and objects are never cut. */
export interface SourceRange {
  readonly begin: number;
  readonly end: number;
}

/** What a reader opens: one file, or one file per field for column sets. */
export interface ReaderInput {
  readonly format: FormatName;
  readonly sources: readonly ObjectSource[];
  readonly schema: CollectionSchema;
  /** Absent = everything. */
  readonly range?: SourceRange;
  /** Options of the import request, keys as sent. */
  readonly options: Readonly<Record<string, string>>;
}

export interface BatchOptions {
  /** Decoded bytes of a batch, about; a row is never cut. */
  readonly batchBytes: number;
  readonly signal: AbortSignal;
}

/** One source file, or one group of column files, opened for import. */
export interface FormatReader extends AsyncDisposable {
  /**
   * Rows in file order, in non-empty batches of about `batchBytes` decoded bytes; may be called once. A batch is borrowed:
   * its memory may be used again when the next one is asked for. Values are checked against the schema (range, length,
   * dimension, UTF-8, finite floats, JSON) and are in column encoding; absent columns are left undefined.
   * @throws {ImportError} `malformed_file`, `value_invalid` or `schema_mismatch`, located by file, row (0-based, of the
   *   whole file even for a range, where the format allows it), field and byte offset;
   *   `object_store_unavailable` when storage failed, so that a lost connection never looks like a short or broken file.
   */
  batches(options: BatchOptions): AsyncIterable<InsertBatch>;
}

/** What can be known of a source without reading its rows: sizes, headers, footers. */
export interface FileProbe {
  /** Rows, where header or footer say so. */
  readonly rowCount: number | undefined;
  /** Where the source may be cut: positions in the unit of `SourceRange`, ascending, first 0, last = end. */
  readonly cuts: readonly number[] | "anywhere" | "nowhere";
  /** Greatest position, in the unit of `SourceRange`. */
  readonly extent: number;
  /** Source bytes before each cut, parallel to `cuts` where those are listed. */
  readonly cutBytes?: readonly number[];
}

/**
 * Greatest row, in its file's own encoding. Whatever a file claims, a row is held as it stands, as values and in the columns:
 * some hundred megabytes at this size. The widest row of ordinary fields has a tenth.
 */
export const MAX_ROW_BYTES = 32 << 20;
