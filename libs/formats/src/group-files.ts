import { excerpt, excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";
import type { Format } from "./format.ts";
import { formatOfPath, formats } from "./format-list.ts";

/** One row-based file, or one set of column files. */
export interface FileGroup {
  /** Its name. */
  readonly format: string;
  readonly paths: readonly string[];
}

/** Greatest number of file groups in a request. Source: Milvus `dataCoord.import.maxImportFileNumPerReq`. */
const MAX_FILE_GROUPS = 1024;

/**
 * Groups of the flat list that gRPC carries: column files are one set; of files of rows each is a group of its own, so
 * that several of them are one job (Milvus from 2.4 on refuses more than one).
 */
export function groupFlatFiles(files: readonly string[]): FileGroup[] {
  const paths = files.filter((path) => path !== "");
  if (paths.length === 0) throw emptyRequest();
  const { name: format, grouping } = commonFormat(paths);
  return checkCount(grouping === "rows" ? paths.map((path) => ({ format, paths: [path] })) : [{ format, paths }]);
}

/** Groups of the nested list that REST carries: each inner list is one row-based file or one set. Empty ones are dropped. */
export function groupNestedFiles(groups: readonly (readonly string[])[]): FileGroup[] {
  const filled = groups.map((paths) => paths.filter((path) => path !== "")).filter((paths) => paths.length > 0);
  if (filled.length === 0) throw emptyRequest();
  return checkCount(filled.map(oneGroup));
}

function oneGroup(paths: readonly string[]): FileGroup {
  const { name: format, title, grouping } = commonFormat(paths);
  if (grouping === "rows" && paths.length > 1) {
    throw new ImportError(
      "request_invalid",
      `for ${title} import, accepts only one file, found ${paths.length}: [${excerptOfList(paths)}]`,
    );
  }
  return { format, paths };
}

/** Milvus gives this one refusal the code of a bad parameter. */
function emptyRequest(): StatusError {
  return new StatusError(statusCodes.invalidParameter, "import request is empty: no file is given");
}

function checkCount(groups: FileGroup[]): FileGroup[] {
  if (groups.length <= MAX_FILE_GROUPS) return groups;
  const reason = `The max number of import files should not exceed ${MAX_FILE_GROUPS}, but got ${groups.length}`;
  throw new ImportError("request_invalid", reason);
}

/** Longest path. Source: `PATH_MAX` of Linux; keys of S3 have 1024 bytes. */
const MAX_PATH_CHARACTERS = 4096;

function checkPaths(paths: readonly string[]): void {
  if (paths.length > MAX_FILE_GROUPS) {
    const reason = `The max number of import files should not exceed ${MAX_FILE_GROUPS}, but got ${paths.length}`;
    throw new ImportError("request_invalid", reason);
  }
  const long = paths.find((path) => path.length > MAX_PATH_CHARACTERS);
  if (long === undefined) return;
  const reason = `a path has ${long.length} characters, more than ${MAX_PATH_CHARACTERS}: ${excerpt(long)}`;
  throw new ImportError("request_invalid", reason);
}

/** @throws {ImportError} in Milvus's words when a type is unknown or types are mixed. */
function commonFormat(paths: readonly string[]): Format {
  checkPaths(paths);
  const found = paths.map(formatOfPath);
  const unknown = found.indexOf(undefined);
  if (unknown >= 0) {
    const known = formats
      .flatMap(({ extensions }) => extensions)
      .sort()
      .join(", ");
    const name = paths[unknown].slice(paths[unknown].lastIndexOf("/") + 1);
    const isFolderOrPattern = !name.includes(".") || /[*?[{]/.test(name);
    const hint = isFolderOrPattern ? "; folders and patterns are not expanded: name the files" : "";
    const reason = `unexpected file type, files=[${excerptOfList(paths)}], expected one of ${known}${hint}`;
    throw new ImportError("unsupported", reason, { file: paths[unknown] });
  }
  const odd = found.findIndex((format) => format !== found[0]);
  if (odd >= 0) {
    throw new ImportError(
      "request_invalid",
      `inconsistency in file types, (${excerpt(paths[0])}) vs (${excerpt(paths[odd])})`,
      {
        file: paths[odd],
      },
    );
  }
  return found[0] as Format;
}
