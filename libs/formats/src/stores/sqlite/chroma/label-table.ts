import { ImportError, locate } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { readPart } from "../../../arrays/one-file.ts";
import { PickledObject } from "../../pickle/pickled.ts";
import { unpickle } from "../../pickle/unpickle.ts";

/** The table is in memory whole, some four times as large as its file: about 700,000 ids of 36 characters. */
const MAX_TABLE_BYTES = 64 << 20;
/** Chroma before 1.0, in Python, pickles an object of this class; its members are what later ones pickle as a dictionary. */
const PERSISTENT = "chromadb.segment.impl.vector.local_persistent_hnsw.PersistentData";

/**
 * The labels that elements of a graph have, by ids: `index_metadata.pickle`, which is read and not executed.
 * @throws {ImportError} `malformed_file`, `unsupported`, with the file
 */
export async function readLabels(file: SourceFile, signal: AbortSignal): Promise<Map<string, number>> {
  try {
    if (file.sizeBytes > MAX_TABLE_BYTES)
      throw new ImportError("unsupported", `the table of labels has more than ${MAX_TABLE_BYTES} bytes`);
    const { buffer } = await readPart(file, 0, file.sizeBytes, "the table of labels", signal);
    return labelsOf(new Uint8Array(buffer));
  } catch (error) {
    const place = { file: file.path };
    if (!(error instanceof RangeError)) throw locate(error, place);
    throw new ImportError("malformed_file", `the table of labels is not read: ${error.message}`, place, {
      cause: error,
    });
  }
}

/** @throws {RangeError} */
function labelsOf(bytes: Uint8Array): Map<string, number> {
  const value = unpickle(bytes, new Set([PERSISTENT]));
  const members = value instanceof PickledObject ? value.state : value;
  const labels = members instanceof Map ? members.get("id_to_label") : undefined;
  if (!(labels instanceof Map)) throw new RangeError("it has no id_to_label");
  for (const [id, label] of labels)
    if (typeof id !== "string" || typeof label !== "number") throw new RangeError("id_to_label maps no ids to labels");
  return labels as Map<string, number>;
}
