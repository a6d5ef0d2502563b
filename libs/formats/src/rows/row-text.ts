import type { Column } from "@sluice/columns";
import type { SourceFile } from "@sluice/object-store";
import type { FileWindow } from "./file-windows.ts";

/** Rows of text as one format has them: who knows the place, how rows are found, what they are parsed into. */
export interface RowText<S extends RowScanner> {
  /** The file, where what was looked at is not to be read again; default that of the input. */
  readonly source?: SourceFile;
  readonly scanner: S;
  readonly layout: RowLayout<S>;
  readonly rows: RowSink;
}

/** Looks at a window; every position is an index into it. */
export interface RowScanner {
  readonly window: FileWindow;
  readonly bytes: Uint8Array;
  /** Row under construction, from 0; -1 outside of rows. For errors. */
  row: number;
  /** Field whose value is read; undefined between fields. For errors. */
  field: string | undefined;
  /** Goes on in another window: positions in the last one mean nothing any more. */
  open(window: FileWindow): void;
}

/**
 * How rows are found. `begin` and `next` answer the position of the next row, or -1 when there is none; they may throw
 * NEEDS_MORE, and are then called again.
 */
export interface RowLayout<S> {
  /** First byte of the file to read. */
  readonly start: number;
  /** @param p where the first window begins */
  begin(scanner: S, p: number): number;
  /** From behind a row. */
  next(scanner: S, p: number): number;
  /** Behind the bad row that begins at `p`. @throws {ImportError} where it cannot be told */
  endOfBadRow(scanner: S, p: number): number;
  /** What stands behind a row, where it can make the row bad; otherwise `next` sees it. @throws {ImportError} */
  checkBehind(scanner: S, p: number): void;
  /** Called when all rows are read: what can be checked only then. @throws {ImportError} */
  finish?(signal: AbortSignal): Promise<void>;
  /** Rows of the file before this reader's first one, for messages; asked for only when there is something to say. */
  rowsBefore(signal: AbortSignal): Promise<number>;
  /** There are no lines in the file to name. */
  readonly isBinary?: boolean;
  /** See `FormatReader.head`. */
  readonly head?: string;
}

/** The columns of a batch under construction. */
export interface RowSink {
  readonly rowCount: number;
  /** Is the batch large enough to be handed over? */
  readonly isFull: boolean;
  /** Reads the row at `p`; answers the position behind it. The row counts only when it is complete. May throw NEEDS_MORE. */
  parse(p: number): number;
  /** Takes the last row back. */
  drop(): void;
  /** The columns of the rows so far; they stay valid until the next row is parsed. */
  take(): (Column | undefined)[];
  /** The bad row at `[start, end)` as a file of its own has it, where that is not what stands there. */
  textOf?(start: number, end: number): Uint8Array | undefined;
  /** What the user should know of all rows so far although they were taken. */
  warnings?(): string[];
}
