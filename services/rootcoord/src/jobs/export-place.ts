import { excerpt, ImportError } from "@sluice/errors";

/** A folder of an export root. */
export interface ExportPlace {
  readonly root: string;
  /** Folders below the root; none = the root itself. */
  readonly parts: readonly string[];
}

/** `NAME://FOLDER/FOLDER`; the folder may be absent. @throws {ImportError} `request_invalid` */
export function parseExportPlace(to: string): ExportPlace {
  const [, root, path = ""] = /^([a-z][a-z0-9-]*):\/\/([\x20-\uffff]{0,512})$/.exec(to) ?? [];
  const inner = path.replace(/\/$/, "");
  const parts = inner === "" ? [] : inner.split("/");
  const isBad = parts.some((part) => part === "" || part === "." || part === ".." || part === ".tmp");
  if (root !== undefined && !isBad) return { root, parts };
  const reason =
    `"${excerpt(to)}" is no place to export to: expected ROOT://FOLDER, where ROOT is the name of an export root, which the ` +
    "setting --export-root NAME=FOLDER of the server gives";
  throw new ImportError("request_invalid", reason);
}
