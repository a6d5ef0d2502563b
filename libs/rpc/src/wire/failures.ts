import { type Failure, type ImportErrorCode, importErrors } from "@sluice/errors";
import type { TaskFailure } from "../gen/import.ts";

/** A failure as it travels; whether the same work may be tried again follows from its code. */
export function failureMessage({ code, reason, file, row, line, field, byteOffset }: Failure): TaskFailure {
  return {
    code,
    reason,
    file,
    field,
    row: row === undefined ? undefined : BigInt(row),
    line: line === undefined ? undefined : BigInt(line),
    byteOffset: byteOffset === undefined ? undefined : BigInt(byteOffset),
  };
}

/** Codes that this build does not know, of a newer one, are `internal`: such a task is tried again. */
export function failureOfMessage({ code, reason, file, row, line, field, byteOffset }: TaskFailure): Failure {
  return {
    code: code in importErrors ? (code as ImportErrorCode) : "internal",
    reason,
    ...(file !== undefined && { file }),
    ...(row !== undefined && { row: Number(row) }),
    ...(line !== undefined && { line: Number(line) }),
    ...(field !== undefined && { field }),
    ...(byteOffset !== undefined && { byteOffset: Number(byteOffset) }),
  };
}
