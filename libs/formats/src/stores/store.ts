import type { SourceFile } from "@sluice/object-store";

/** The rows that a program keeps in files of its own, opened. */
export interface Store {
  /** What the user should know of them although they are taken. */
  readonly notes: readonly string[];
  /**
   * The rows, some at a time, as JSON objects, one a line: what a row means is then told as of any text of rows.
   * @throws {ImportError} `malformed_file`, `unsupported`
   */
  rows(): AsyncIterable<Uint8Array>;
}

/** @param options of the import, keys as sent @throws {ImportError} as `Store.rows`, and `request_invalid` */
export type OpenStore = (
  sources: readonly SourceFile[],
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Store>;
