import type { ColumnMemory, InsertBatch } from "@sluice/columns";
import type { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { DataType } from "@sluice/schema";
import type { FieldPlan } from "./plan/field-plan.ts";

/**
 * One format: what it is called, which paths are its, and how its files are looked at, cut and read. All of them stand in
 * `formats.ts`; nothing else of the program knows one by name. What rows mean (which column feeds which field, defaults,
 * nulls, automatic keys, `$meta`) is not the format's but the plan's.
 */
export interface Format {
  /** As in records and orders; never changed once released. */
  readonly name: string;
  /** What Milvus's messages call it. */
  readonly title: string;
  /** Ends of paths with their dot, in lower case. */
  readonly extensions: readonly string[];
  /** Whether each file holds whole rows, or the files of a group are columns of one table. */
  readonly grouping: "rows" | "columns";
  /** The format of sets in which its files and those of other formats that say so are columns of one table. */
  readonly mixesAs?: string;
  /** Whether its files may be columns of a table beside files of other formats. */
  readonly isColumns?: true;
  /** Its files are archives themselves: one that the option `format` says so of is not taken for its files. */
  readonly isArchive?: true;
  /** What a range counts: bytes, rows, row groups, record batches; undefined where files are never cut. */
  readonly rangeUnit: "byte" | "row" | "row group" | "record batch" | undefined;
  /** `probe` tells where files may be cut, and nothing else: those that stay whole need not be opened for it. */
  readonly tellsCutsOnly?: true;
  /** Its files may be scripts beside the data of others: in a folder with files of another format they are left out. */
  readonly mayBeScript?: true;
  /** Its programs write no file without rows that has no byte: such a one is cut short. */
  readonly isNeverEmpty?: true;
  /** Its files are read from front to back, so that they may be compressed as a whole, as those of text are. */
  readonly isSequential?: true;
  /** How rows that were put aside become a file of this format again; absent where rows have no text. */
  readonly text?: FileText;
  /** Its values may be written in the forms that a mapping names (`as`). */
  readonly takesForms?: true;
  /** Keys of import options that only it knows; it finds their values in its input. */
  readonly optionKeys?: readonly string[];
  /** Looks at the values of its options, when an import is asked for. @throws {ImportError} `request_invalid` */
  checkOptions?(options: Readonly<Record<string, string>>): void;
  /** Columns and their types, without a collection: from headers, footers, or the first rows. @throws {ImportError} */
  describe(
    sources: readonly SourceFile[],
    signal: AbortSignal,
    options?: Readonly<Record<string, string>>,
  ): Promise<SourceDescription>;
  /**
   * What is known before the rows are read, checked against the plan: what cannot be imported fails here.
   * @throws {ImportError} what reading would refuse before its first row, or storage that failed
   */
  probe(input: ProbeInput, signal: AbortSignal): Promise<FileProbe>;
  /** Reads nothing yet: what is wrong with the files shows with the first batch. */
  open(input: ReaderInput): FormatReader;
}

/** What stands around and between the rows of a file of text. */
export interface FileText {
  /** With its dot. */
  readonly extension: string;
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** Half-open part of a source, in the unit of its format. */
export interface SourceRange {
  readonly begin: number;
  readonly end: number;
}

/** What a format looks at: one file, or the files of one set. */
export interface ProbeInput {
  readonly sources: readonly SourceFile[];
  readonly plan: FieldPlan;
  /** Options of the import, keys as sent; a format looks at its own only. */
  readonly options: Readonly<Record<string, string>>;
  /** Other files, or sets, of the import have rows too, so that numbers of rows are no keys. */
  readonly isOneOfSeveral?: boolean;
}

/** What a reader opens. */
export interface ReaderInput extends ProbeInput {
  /** Absent = everything. */
  readonly range?: SourceRange;
  /** What must be in memory whole, such as the pages of a columnar file, may take so much; absent = as the format has it. */
  readonly wholeBytes?: number;
  /** The columns of so many first fields of the plan's schema suffice: a reader of columns leaves the others unread, and unchecked. */
  readonly enoughFields?: number;
  /** Takes what the user should know of the source although it is taken, such as columns that no field has. */
  readonly warn?: (text: string) => void;
}

/** How rows are read, whatever their format. */
export interface BatchOptions {
  /** Decoded bytes of a batch, about; a row is never cut. */
  readonly batchBytes: number;
  /** Batches of so many bytes are written from where they lie: a reader that makes no other copy of rows may make them as large. */
  readonly wholeBytes?: number;
  readonly signal: AbortSignal;
  /** Takes rows that cannot be imported, in order; reading goes on behind them. Absent: the first such row is the error. */
  readonly onReject?: OnReject;
  /** What wide columns of rows of text lie in; it outlives their last batch. Absent: they have memory of their own. */
  readonly memory?: ColumnMemory;
}

/** A row that cannot be imported. */
export interface RejectedRow {
  /** In the file, from 0. */
  readonly row: number;
  /** Why, and where. */
  readonly error: ImportError;
  /** The row as it stands in the file, in memory of its own; only rows of text have such. */
  readonly text?: { readonly bytes: Uint8Array; readonly byteOffset: number };
}

/** Reading waits for it; what it throws ends the reading. */
export type OnReject = (row: RejectedRow) => void | Promise<void>;

/** One source file, or one group of column files, opened for import. */
export interface FormatReader extends AsyncDisposable {
  /** What a file of rejected rows begins with instead of its format's `text.before`, such as a header; known once rows are read. */
  readonly head?: string;
  /**
   * Rows in file order, in non-empty batches of about `batchBytes` decoded bytes; may be called once. A batch is borrowed:
   * its memory may be used again when the next one is asked for. Values are checked against the schema (range, length,
   * dimension, UTF-8, finite floats, JSON) and are in column encoding; absent columns are left undefined.
   *
   * With `onReject`, a row with a value that its field does not take is handed over and left out. What makes the rows behind
   * it uncertain is an error nevertheless: a broken header or page, columns of unequal length, text in which the next row
   * cannot be found.
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

/** A source without a collection: what `probe` cannot tell, since there is nothing to compare with. */
export interface SourceDescription {
  /** Rows, where header or footer say so. */
  readonly rowCount: number | undefined;
  readonly columns: readonly ColumnDescription[];
  /** Rows that were looked at, where columns are known from rows only. */
  readonly sampledRows?: number;
  /** Keys that lead to the rows in a document, where the mapping found them; columns are those of rows. */
  readonly rowsPath?: readonly string[];
}

/** A column as it is seen before anything is imported. */
export interface ColumnDescription {
  readonly name: string;
  /** As the format calls it: `<f4`, `list<float>`, `number`. */
  readonly type: string;
  /** The field type that would take its values; undefined where none does. */
  readonly dataType: DataType | undefined;
  /** Of `Array`. */
  readonly elementType?: DataType;
  /** Of dense vectors, where it is known. */
  readonly dim?: number;
  /** Some value may be missing or null. */
  readonly isNullable: boolean;
  /** Integers of which some are beyond Int64: text takes them, by the option `coerce`. */
  readonly isCoerced?: true;
  /** Vectors of Spark ML, whose rows alone say whether they are dense, and how long. */
  readonly isSparkVector?: true;
  /** Texts, which fields of vectors read as JSON. */
  readonly mayBeLists?: boolean;
}

/**
 * Greatest row, in its file's own encoding. Whatever a file claims, a row is held as it stands, as values and in the columns:
 * some hundred megabytes at this size. The widest row of ordinary fields has a tenth.
 */
export const MAX_ROW_BYTES = 32 << 20;
