import { ImportError, type ImportErrorCode } from "@sluice/errors";

/**
 * An error of the file system in the words of the port: storage that failed. Errors that are ours already, and aborts,
 * pass unchanged.
 * @param doing what was tried, such as `write object "a/b"`
 */
export function storageError(error: unknown, doing: string): unknown {
  if (!isSystemError(error)) return error;
  return new ImportError(codeOf(error), explain(error, doing), undefined, { cause: error });
}

/** What was waited for in vain (`openPatiently`) may come later; all else somebody has to do something about. */
function codeOf({ code }: NodeJS.ErrnoException): ImportErrorCode {
  return code === "EMFILE" || code === "ENFILE" ? "object_store_unavailable" : "object_store_refused";
}

/** The same for reading one object: there, missing is `file_not_found`. */
export function readError(error: unknown, key: string): unknown {
  if (!isSystemError(error, "ENOENT", "ENOTDIR")) return storageError(error, `read "${key}"`);
  return new ImportError("file_not_found", `cannot read "${key}": it does not exist`, undefined, { cause: error });
}

/** Whether Node's file system threw this, with one of the codes when some are given. */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (typeof error !== "object" || error === null || !("errno" in error) || !("code" in error)) return false;
  return codes.length === 0 || codes.includes(String(error.code));
}

function explain(error: NodeJS.ErrnoException, doing: string): string {
  switch (error.code) {
    case "ENOENT":
      return `cannot ${doing}: a folder of the store is missing (ENOENT)`;
    case "ENOSPC":
      return `cannot ${doing}: no space left on the disk (ENOSPC)`;
    case "EDQUOT":
      return `cannot ${doing}: the disk quota is used up (EDQUOT)`;
    case "EMFILE":
    case "ENFILE":
      return `cannot ${doing}: too many open files (${error.code})`;
    case "EACCES":
    case "EPERM":
      return `cannot ${doing}: permission denied (${error.code})`;
    case "EROFS":
      return `cannot ${doing}: the file system is read-only (EROFS)`;
    case "ENOTDIR":
    case "EEXIST":
    case "EISDIR":
      return `cannot ${doing}: a key is the folder of another (${error.code})`;
    default:
      return `cannot ${doing}: ${error.message}`;
  }
}
