import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../../foreign-content.ts";
import { arrayFormat } from "../../array-format.ts";
import type { ArraySet } from "../../array-set.ts";
import { arraySet } from "../../one-file.ts";
import { areNormalized, labelArray, liveElements, readHnswGraph } from "../hnsw-graph.ts";

/** An index that hnswlib saved: its vectors and labels, without elements that are marked as deleted. */
export const hnswlibFormat = arrayFormat({
  name: "hnswlib",
  title: "hnswlib index",
  extensions: [".hnsw", ".hnswlib"],
  grouping: "rows",
  arraysOf: ([source], _, signal) => hnswlibArrays(source, signal),
});

async function hnswlibArrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const graph = await readHnswGraph(source, 0, signal).catch(async (error: unknown) => {
    throw await withContent(error, source, signal);
  });
  const { records, rowCount, vectorAt, vectorBytes } = graph;
  const dim = vectorBytes / 4;
  const header = {
    ...{ descr: "<f4", fortranOrder: false, shape: [rowCount, dim], dataOffset: 0 },
    ...{ rows: records.part(vectorAt, vectorBytes), pitchBytes: records.layout.recordBytes - 8 },
  };
  return {
    ...arraySet("hnswlib index", [
      { name: "vector", source, role: "vectors", header: async () => header },
      labelArray(graph),
    ]),
    live: liveElements(graph),
    notes: (await areNormalized(graph, dim, signal)) ? [NORMALIZED] : [],
  };
}

/** The file does not tell its space. */
const NORMALIZED =
  "its vectors have length 1, as an index of the space cosine keeps them: what lengths they had is not in it";
