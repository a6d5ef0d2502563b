import { randomBytes } from "node:crypto";
import { ImportError } from "./import-error.ts";
import { StatusError } from "./status-error.ts";

/** References by error: whoever shows it and whoever logs it say the same one. */
const references = new WeakMap<WeakKey, string>();

/** Is it an error of ours, whose words are meant for people? */
export function isExpected(error: unknown): error is ImportError | StatusError {
  return error instanceof ImportError || error instanceof StatusError;
}

/**
 * What people read of an error that nobody expected: not its words, which are the program's and tell them nothing, but a
 * reference. The log has the error with its stack under the same reference.
 */
export function unexpectedReason(error: unknown): string {
  const reference = referenceOf(error);
  return `internal error, reference ${reference}: the server's log has the cause under this reference`;
}

/** Eight hexadecimal digits, the same for the same error. */
function referenceOf(error: unknown): string {
  // Something else than an object was thrown: whoever logs it has got the reason, too.
  const key = typeof error === "object" && error !== null ? error : {};
  const reference = references.get(key) ?? randomBytes(4).toString("hex");
  references.set(key, reference);
  return reference;
}

/** Anything thrown, as an ImportError: what is none of ours becomes `internal`, with the error as its cause. */
export function asImportError(error: unknown): ImportError {
  if (error instanceof ImportError) return error;
  const reason = error instanceof StatusError ? error.message : unexpectedReason(error);
  return new ImportError("internal", reason, undefined, { cause: error });
}
