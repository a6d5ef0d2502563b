import { excerpt, MAX_REASON } from "./excerpt.ts";

/** Longest name that a field can have, and what is shown of a dynamic key. */
const MAX_NAME = 255;

/** What happened (code), whose fault it is, whether to try again, and what to do about it. */
export interface ErrorSpec {
  /** Milvus code in the public Status: 2100 = the user's side, 2101 = the server's side, 1100 = invalid parameter, 1401 = no right. */
  readonly milvusCode: number;
  readonly blame: "input" | "system";
  /** `backoff`: a few times, since it may pass; `outage`: again and again, since it says nothing about the work. */
  readonly retry: "never" | "backoff" | "outage";
  readonly hint: string;
}

/** The contract of import errors. A new code earns its place when a caller would act differently on it. */
export const importErrors = {
  malformed_file: { milvusCode: 2100, blame: "input", retry: "never", hint: "Correct the file and import it again." },
  value_invalid: { milvusCode: 2100, blame: "input", retry: "never", hint: "Make the value fit its field." },
  schema_mismatch: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Make the file's fields those of the collection.",
  },
  unsupported: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Use a file type or field type that is supported.",
  },
  file_not_found: { milvusCode: 2100, blame: "input", retry: "never", hint: "Check the path; upload the file first." },
  path_refused: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Add the folder with --import-root, or the bucket with --source.",
  },
  path_denied: {
    milvusCode: 1401,
    blame: "input",
    retry: "never",
    hint: "Import what the caller's roles reach, or have them reach it (roles/set_sources).",
  },
  request_invalid: { milvusCode: 2100, blame: "input", retry: "never", hint: "Correct the request." },
  nodes_died: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Import the file alone and watch the memory of the datanode; if it dies again, report it with the file.",
  },
  job_failed: { milvusCode: 2100, blame: "input", retry: "never", hint: "See the reason of the job." },
  object_store_unavailable: {
    milvusCode: 2101,
    blame: "system",
    retry: "outage",
    hint: "Nothing to do: the task goes on when storage is back.",
  },
  object_store_refused: {
    milvusCode: 2101,
    blame: "system",
    retry: "backoff",
    hint: "Correct what the reason names: credentials, rights, the bucket, room on the disk.",
  },
  peer_unavailable: {
    milvusCode: 2101,
    blame: "system",
    retry: "outage",
    hint: "Nothing to do: the copy goes on when the other service is back.",
  },
  peer_refused: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Correct what the other service names: address, credentials, rights, the collection.",
  },
  provider_unavailable: {
    milvusCode: 2101,
    blame: "system",
    retry: "outage",
    hint: "Nothing to do: it goes on when the model's server answers again.",
  },
  provider_refused: {
    milvusCode: 2100,
    blame: "input",
    retry: "never",
    hint: "Correct what the reason names: the function's parameters, its key, the text.",
  },
  attempt_superseded: {
    milvusCode: 2101,
    blame: "system",
    retry: "never",
    hint: "Nothing to do: another attempt runs.",
  },
  aborted: { milvusCode: 2101, blame: "system", retry: "never", hint: "Nothing to do: the work was cancelled." },
  internal: {
    milvusCode: 2101,
    blame: "system",
    retry: "backoff",
    hint: "Nothing to do: the task is retried. If it repeats, report it.",
  },
} as const satisfies Record<string, ErrorSpec>;

/** Stands in records and in answers: never renamed once released. */
export type ImportErrorCode = keyof typeof importErrors;

/** Where in the input an error lies. Every member that is known is given. */
export interface SourceLocation {
  /** Path as the user gave it. */
  readonly file?: string;
  /** Row in the file, from 0. */
  readonly row?: number;
  /** Line of a file of text, from 1, as editors count them. */
  readonly line?: number;
  readonly field?: string;
  /** Offset of the offending byte from the start of the file. */
  readonly byteOffset?: number;
}

/** An error of the import path: a code of `importErrors`, a reason in words, and the place. */
export class ImportError extends Error {
  readonly code: ImportErrorCode;
  /** The text without code and place; holds Milvus's wording where clients may match on it. */
  readonly reason: string;
  readonly at: SourceLocation | undefined;
  constructor(code: ImportErrorCode, fullReason: string, at?: SourceLocation, options?: ErrorOptions) {
    const reason = excerpt(fullReason, MAX_REASON);
    super(`${code}: ${reason}${formatLocation(at)}`, options);
    this.name = "ImportError";
    this.code = code;
    this.reason = reason;
    this.at = at;
  }
  /** What its code means. */
  get spec(): ErrorSpec {
    return importErrors[this.code];
  }
}

/** An import error as plain data: what records, messages and threads carry. Every member that is known is given. */
export interface Failure extends SourceLocation {
  readonly code: ImportErrorCode;
  /** As `ImportError.reason`. */
  readonly reason: string;
}

/** An error as plain data, without stack and cause. */
export function failureOf({ code, reason, at }: ImportError): Failure {
  return { code, reason, ...at };
}

/** The inverse of `failureOf`. */
export function errorOf({ code, reason, ...at }: Failure, options?: ErrorOptions): ImportError {
  return new ImportError(code, reason, at, options);
}

/** ` (books.jsonl, row 41827, line 41828, field "embedding", byte 318113024)`, or nothing when no place is known. */
export function formatLocation(at: SourceLocation | undefined): string {
  if (!at) return "";
  const parts: string[] = [];
  if (at.file !== undefined) parts.push(excerpt(at.file, MAX_REASON));
  if (at.row !== undefined) parts.push(`row ${at.row}`);
  if (at.line !== undefined) parts.push(`line ${at.line}`);
  if (at.field !== undefined) parts.push(`field "${excerpt(at.field, MAX_NAME)}"`);
  if (at.byteOffset !== undefined) parts.push(`byte ${at.byteOffset}`);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

/** Adds to an error's place what the thrower could not know; what is already there stays. Other errors pass unchanged. */
export function locate(error: unknown, at: SourceLocation): unknown {
  if (!(error instanceof ImportError)) return error;
  return new ImportError(error.code, error.reason, { ...at, ...error.at }, { cause: error.cause ?? error });
}
