import { ImportError } from "@sluice/errors";

/** A database that is not as SQLite writes it. @param detail ends the sentence `… cannot be read: ` */
export function damaged(file: string, detail: string, byteOffset?: number): ImportError {
  const reason = `the SQLite database cannot be read: ${detail}`;
  return new ImportError("malformed_file", reason, { file, ...(byteOffset !== undefined && { byteOffset }) });
}
