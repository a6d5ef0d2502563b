import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../../foreign-content.ts";
import type { ArraySet } from "../../array-set.ts";
import { arraySet, MAX_DIM, malformed, readPart } from "../../one-file.ts";
import { isLossyAllowed, lossyNote, lossyRefused } from "../lossy.ts";
import { NodeKeys } from "./node-keys.ts";

const HEAD_BYTES = 64;
/** Of the graph, before the levels of its nodes. */
const GRAPH_BYTES = 40;
const KEY_U64 = 14;
const SLOT_U32 = 15;

/** How components are kept, and whether floats lose bits by it. Source: `scalar_kind_t` of usearch 2. */
interface Scalar {
  readonly descr: string;
  readonly bits: number;
  readonly kept?: string;
}

const scalars: Readonly<Record<number, Scalar | undefined>> = {
  1: { descr: "|u1", bits: 1 },
  4: { descr: "<V2", bits: 16, kept: "as bfloat16" },
  10: { descr: "<f8", bits: 64 },
  11: { descr: "<f4", bits: 32 },
  12: { descr: "<f2", bits: 16, kept: "as float16" },
  23: { descr: "|i1", bits: 8, kept: "as bytes, scaled by the length of each where they were floats" },
};

/**
 * The vectors stand before everything else, as a matrix; row i belongs to node i of the graph behind it, which has its key.
 * @param options `allow_lossy`
 */
export async function usearchArrays(
  source: SourceFile,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const { matrixAt, rowCount, rowBytes, headAt } = await findHead(source, signal);
  const head = await readPart(source, headAt, HEAD_BYTES, "its header", signal);
  const scalar = scalars[head.getUint8(14)];
  const dim = Number(head.getBigUint64(33, true));
  if (!scalar) throw unsupported(`its components are of the kind ${head.getUint8(14)}, which is not read`);
  if (head.getUint8(15) !== KEY_U64 || head.getUint8(16) !== SLOT_U32)
    throw unsupported("its keys have not 64 bits, or its slots not 32");
  if (dim < 1 || dim > 8 * MAX_DIM || rowBytes !== Math.ceil((dim * scalar.bits) / 8))
    throw malformed(`its vectors of dimension ${dim} take ${rowBytes} bytes`, headAt);
  if (scalar.kept !== undefined && !isLossyAllowed(options)) throw lossyRefused("usearch index", scalar.kept);
  const keys = await readKeys(source, headAt + HEAD_BYTES, rowCount, signal);
  const shape = [rowCount, scalar.bits === 1 ? rowBytes : dim];
  const header = { descr: scalar.descr, fortranOrder: false, shape, dataOffset: matrixAt };
  const ids = { descr: "<i8", fortranOrder: false, shape: [rowCount], dataOffset: 0, rows: keys.rows };
  return {
    ...arraySet("usearch index", [
      { name: "vector", source, role: "vectors", header: async () => header },
      { name: "id", source, role: "keys", header: async () => ids },
    ]),
    live: keys.live,
    notes: scalar.kept === undefined ? [] : [lossyNote(scalar.kept)],
  };
}

/** The matrix begins with its sizes, of 32 or of 64 bits: the magic word behind it tells which. */
async function findHead(source: SourceFile, signal: AbortSignal) {
  const sizes = await readPart(source, 0, 16, "the sizes of its vectors", signal);
  const forms = [
    { matrixAt: 8, rowCount: sizes.getUint32(0, true), rowBytes: sizes.getUint32(4, true) },
    { matrixAt: 16, rowCount: Number(sizes.getBigUint64(0, true)), rowBytes: Number(sizes.getBigUint64(8, true)) },
  ];
  for (const form of forms) {
    const headAt = form.matrixAt + form.rowCount * form.rowBytes;
    if (headAt + HEAD_BYTES > source.sizeBytes) continue;
    const word = await readPart(source, headAt, 7, "its header", signal);
    if (Buffer.from(word.buffer).toString("latin1") === "usearch") return { ...form, headAt };
  }
  const error = malformed(
    "no header of usearch stands behind its vectors: it is cut short, or was saved without them",
    0,
  );
  throw await withContent(error, source, signal);
}

async function readKeys(source: SourceFile, graphAt: number, rowCount: number, signal: AbortSignal): Promise<NodeKeys> {
  const graph = await readPart(source, graphAt, GRAPH_BYTES, "the sizes of its graph", signal);
  const [size, connectivity, baseConnectivity] = [0, 8, 16].map((at) => Number(graph.getBigUint64(at, true)));
  if (size !== rowCount) throw malformed(`its graph has ${size} nodes for ${rowCount} vectors`, graphAt);
  if (connectivity > 1 << 16 || baseConnectivity > 1 << 16)
    throw malformed(`its nodes have ${connectivity} and ${baseConnectivity} neighbours`, graphAt);
  const levelsAt = graphAt + GRAPH_BYTES;
  return new NodeKeys({ source, levelsAt, rowCount, connectivity, baseConnectivity });
}

function unsupported(why: string): ImportError {
  return new ImportError("unsupported", `the usearch index cannot be imported: ${why}`);
}
