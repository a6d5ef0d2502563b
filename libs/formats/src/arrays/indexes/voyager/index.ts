import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../../foreign-content.ts";
import { arrayFormat } from "../../array-format.ts";
import type { ArraySet } from "../../array-set.ts";
import { arraySet, malformed, readPart } from "../../one-file.ts";
import { decodedBytes } from "../decoded-bytes.ts";
import { type HnswGraph, labelArray, liveElements, readHnswGraph } from "../hnsw-graph.ts";
import { isLossyAllowed, lossyNote, lossyRefused } from "../lossy.ts";
import { e4m3Values, float8Values } from "./byte-values.ts";

/** An index that voyager saved: a header of its own before a graph of hnswlib. */
export const voyagerFormat = arrayFormat({
  name: "voyager",
  title: "voyager index",
  extensions: [".voy", ".voyager"],
  grouping: "rows",
  optionKeys: ["allow_lossy"],
  arraysOf: ([source], options, signal) => voyagerArrays(source, options, signal),
});

const HEADER_BYTES = 19;
const INNER_PRODUCT = 1;
const COSINE = 2;

/** How components are kept. Source: `StorageDataType` of voyager 2. */
interface Storage {
  readonly bytes: number;
  /** How it is called in messages, and what each byte stands for; absent where nothing is lost. */
  readonly lossy?: { readonly kept: string; readonly values: Float32Array };
}

const storages: Readonly<Record<number, Storage | undefined>> = {
  16: { bytes: 1, lossy: { kept: "as bytes (Float8)", values: float8Values } },
  32: { bytes: 4 },
  48: { bytes: 1, lossy: { kept: "as 8-bit floats (E4M3)", values: e4m3Values } },
};

async function voyagerArrays(
  source: SourceFile,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const { dim, space, storage } = await readHeader(source, signal);
  const graph = await readHnswGraph(source, HEADER_BYTES, signal);
  const components = dim + (space === INNER_PRODUCT ? 1 : 0);
  if (graph.vectorBytes !== components * storage.bytes)
    throw malformed(
      `its vectors take ${graph.vectorBytes} bytes, and ${components} components ${components * storage.bytes}`,
      HEADER_BYTES,
    );
  if (storage.lossy && !isLossyAllowed(options)) throw lossyRefused("voyager index", storage.lossy.kept);
  return {
    ...arraySet("voyager index", [
      { name: "vector", source, role: "vectors", header: async () => vectorHeader(graph, dim, storage) },
      labelArray(graph),
    ]),
    live: liveElements(graph),
    notes: [
      ...(space === COSINE
        ? ["its space is cosine, for which it keeps vectors of length 1: what lengths they had is not in it"]
        : []),
      ...(storage.lossy ? [lossyNote(storage.lossy.kept)] : []),
    ],
  };
}

function vectorHeader({ records, rowCount, vectorAt }: HnswGraph, dim: number, { bytes, lossy }: Storage) {
  // The component that inner products are made distances with stands behind the others.
  const codes = records.part(vectorAt, dim * bytes);
  const rows = lossy ? decodedBytes(codes, lossy.values, dim) : codes;
  const pitchBytes = Math.max(records.layout.recordBytes - 8, 4 * dim);
  return { descr: "<f4", fortranOrder: false, shape: [rowCount, dim], dataOffset: 0, rows, pitchBytes };
}

async function readHeader(source: SourceFile, signal: AbortSignal) {
  const view = await readPart(source, 0, HEADER_BYTES, "its header", signal);
  if (view.getUint32(0, false) !== 0x564f5941) {
    const error = malformed(
      "it does not begin with VOYA; an index of voyager before 2.0 is read by the option format=hnswlib",
      0,
    );
    throw await withContent(error, source, signal);
  }
  const version = view.getUint32(4, true);
  const storage = storages[view.getUint8(13)];
  const space = view.getUint8(12);
  if (version !== 1) throw unsupported(`it has the version ${version}, only 1 is known`);
  if (!storage) throw unsupported(`its components are of the type ${view.getUint8(13)}, which is not known`);
  if (space > COSINE) throw unsupported(`its space is ${space}, which is not known`);
  return { dim: view.getUint32(8, true), space, storage };
}

function unsupported(why: string): ImportError {
  return new ImportError("unsupported", `the voyager index cannot be imported: ${why}`);
}
