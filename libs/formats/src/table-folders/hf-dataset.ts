import { ImportError } from "@sluice/errors";

/** What `datasets` keeps beside the data of a dataset that it saved. */
export const DATASET_STATE = "state.json";

/** Files of a saved dataset that hold no rows. */
export const datasetNotes: ReadonlySet<string> = new Set([DATASET_STATE, "dataset_info.json", "dataset_dict.json"]);

/**
 * The data files that a `state.json` names, in their order. Others in the folder are caches. Undefined for a file of that name
 * that is of somebody else.
 * @throws {ImportError} `unsupported` for a dataset whose rows are chosen by another file
 */
export function datasetFiles(text: string, path: string): string[] | undefined {
  const state = parsed(text);
  const files: unknown = state?._data_files;
  if (!Array.isArray(files)) return undefined;
  if (Array.isArray(state?._indices_data_files) && state._indices_data_files.length > 0) {
    const reason =
      "the rows of the dataset are chosen by an indices file: call flatten_indices() before save_to_disk()";
    throw new ImportError("unsupported", reason, { file: path });
  }
  const names = files.map((file: { readonly filename?: unknown } | null) => file?.filename);
  if (names.every((name) => typeof name === "string")) return names;
  throw new ImportError("malformed_file", "a data file has no name", { file: path });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
