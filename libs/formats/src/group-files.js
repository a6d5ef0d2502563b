import { excerpt, excerptOfList, ImportError, StatusError, statusCodes } from "@sluice/errors";

/** Formats by file extension, in lower case; extensions are compared without regard to case. */
const formatOfExtension = {
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".npy": "npy",
  ".parquet": "parquet",
};
/** The formats whose files hold whole rows; Milvus's names of them stand in its messages. */
const rowFormatNames = { json: "JSON", jsonl: "JSON", parquet: "Parquet" };
/** Greatest number of file groups in a request. Source: Milvus `dataCoord.import.maxImportFileNumPerReq`. */
export const MAX_FILE_GROUPS = 1024;
/**
 * Groups of the flat list that gRPC carries: `.npy` files are one set; of row-based files each is a group of its own, so
 * that several of them are one job (Milvus from 2.4 on refuses more than one).
 */
export function groupFlatFiles(files) {
  const paths = files.filter((path) => path !== "");
  if (paths.length === 0) throw emptyRequest();
  const format = commonFormat(paths);
  return checkCount(format in rowFormatNames ? paths.map((path) => ({ format, paths: [path] })) : [{ format, paths }]);
}
/** Groups of the nested list that REST carries: each inner list is one row-based file or one set. Empty ones are dropped. */
export function groupNestedFiles(groups) {
  const filled = groups.map((paths) => paths.filter((path) => path !== "")).filter((paths) => paths.length > 0);
  if (filled.length === 0) throw emptyRequest();
  return checkCount(filled.map(oneGroup));
}
function oneGroup(paths) {
  const format = commonFormat(paths);
  const rowFormat = rowFormatNames[format];
  if (rowFormat !== undefined && paths.length > 1) {
    throw new ImportError(
      "request_invalid",
      `for ${rowFormat} import, accepts only one file, found ${paths.length}: [${excerptOfList(paths)}]`,
    );
  }
  return { format, paths };
}
/** Milvus gives this one refusal the code of a bad parameter. */
function emptyRequest() {
  return new StatusError(statusCodes.invalidParameter, "import request is empty: no file is given");
}
function checkCount(groups) {
  if (groups.length <= MAX_FILE_GROUPS) return groups;
  const reason = `The max number of import files should not exceed ${MAX_FILE_GROUPS}, but got ${groups.length}`;
  throw new ImportError("request_invalid", reason);
}
/** Longest path. Source: `PATH_MAX` of Linux; keys of S3 have 1024 bytes. */
const MAX_PATH_CHARACTERS = 4096;
function checkPaths(paths) {
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
function commonFormat(paths) {
  checkPaths(paths);
  const formats = paths.map(formatOfPath);
  const unknown = formats.indexOf(undefined);
  if (unknown >= 0) {
    const known = Object.keys(formatOfExtension).join(", ");
    throw new ImportError(
      "unsupported",
      `unexpected file type, files=[${excerptOfList(paths)}], expected one of ${known}`,
      {
        file: paths[unknown],
      },
    );
  }
  const odd = formats.findIndex((format) => format !== formats[0]);
  if (odd >= 0) {
    throw new ImportError(
      "request_invalid",
      `inconsistency in file types, (${excerpt(paths[0])}) vs (${excerpt(paths[odd])})`,
      {
        file: paths[odd],
      },
    );
  }
  return formats[0];
}
/** `jsonl` for `a/b.NDJSON`; undefined when the extension is not one that can be imported. */
export function formatOfPath(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? undefined : formatOfExtension[name.slice(dot).toLowerCase()];
}
//# sourceMappingURL=group-files.js.map
