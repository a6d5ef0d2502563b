import type { Column } from "@sluice/columns";
import type { CollectionSchema } from "@sluice/schema";

/** A file in memory. */
export interface WrittenFile {
  /** Last part of its name, extension included: `.parquet`, or `/title.npy` where there are several of one table. */
  readonly suffix: string;
  /** To write one after the other. They are views of the columns where these have the form of the file already. */
  readonly pieces: readonly Uint8Array[];
}

/** Rows on their way into one file, or one set of column files. */
export interface FileWriter {
  readonly rowCount: number;
  /** Bytes that are held, about those of the files. */
  readonly sizeBytes: number;
  /**
   * Takes rows; the columns stay as they are until the file is written, unless the form copies them.
   * @param columns parallel to the fields of the schema
   * @throws {ImportError} `value_invalid` for a value that the form cannot hold
   */
  append(columns: readonly Column[], rowCount: number): void;
  /** The files with all rows; nothing is to be appended any more. */
  finish(): WrittenFile[];
}

/** Gives memory of so many bytes, with any content. */
export type TakeMemory = (length: number) => Uint8Array;

/** A form of files that rows are exported into. */
export interface FileForm {
  readonly name: string;
  /** Why rows of this schema cannot be written, and what to do instead; undefined when they can. */
  refusal(schema: CollectionSchema): string | undefined;
  /** Bytes of columns that a writer is to be given at once, where they grow in it; any number unless given. */
  readonly batchBytes?: number;
  /** Whether nothing of the columns is needed when `append` has ended; unless given, a file's pieces may be views of them. */
  readonly copiesColumns?: boolean;
  /**
   * @param schema the fields that are written, in this order
   * @param take where pieces may lie that are no views of columns: they stay as they are until the file is written
   */
  open(schema: CollectionSchema, take: TakeMemory): FileWriter;
}
