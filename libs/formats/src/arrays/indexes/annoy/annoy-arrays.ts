import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { ArraySet } from "../../array-set.ts";
import { arraySet, MAX_DIM, malformed, readPart } from "../../one-file.ts";
import { Records } from "../../records.ts";
import { type LiveRows, rowNumbers } from "../../row-source.ts";

/** Where the vector stands in a node, and how long it is. */
interface NodeLayout {
  readonly vectorAt: number;
  readonly vectorBytes: (dim: number) => number;
}

const floats = (dim: number) => 4 * dim;
/** By metric. Source: the `Node` structs of annoylib.h 1.17. */
const nodeLayouts: Readonly<Record<string, NodeLayout | undefined>> = {
  angular: { vectorAt: 12, vectorBytes: floats },
  euclidean: { vectorAt: 16, vectorBytes: floats },
  manhattan: { vectorAt: 16, vectorBytes: floats },
  dot: { vectorAt: 16, vectorBytes: floats },
  hamming: { vectorAt: 16, vectorBytes: (dim) => 8 * Math.ceil(dim / 64) },
};

/** Where vectors of all metrics have begun. */
const MAX_VECTOR_AT = 16;

/** Items whose nodes are looked at to tell a dimension from others. */
const LOOKED_AT = 32;

/**
 * The vectors of an index. The file tells neither its metric nor its dimension: nodes of one size, items first, copies of the
 * roots last, each with the number of items below it at the start.
 * @param options `index_metric`; `index_dim`, which is found where only one fits the file
 */
export async function annoyArrays(
  source: SourceFile,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const layout = layoutOf(options.index_metric);
  const dim = await dimOf(source, layout, options, signal);
  const recordBytes = layout.vectorAt + layout.vectorBytes(dim);
  const rowCount = await itemsOf(source, recordBytes, signal);
  if (rowCount === undefined)
    throw malformed(
      `nodes of ${recordBytes} bytes, which dimension ${dim} makes, do not fit it, or it is cut short`,
      0,
    );
  const records = new Records({ source, offset: 0, recordBytes });
  const isBits = options.index_metric === "hamming";
  const array = { fortranOrder: false, dataOffset: 0, pitchBytes: recordBytes };
  const codes = records.part(layout.vectorAt, isBits ? Math.ceil(dim / 8) : 4 * dim);
  const header = isBits
    ? { ...array, descr: "|u1", shape: [rowCount, Math.ceil(dim / 8)], rows: highBitsFirst(codes) }
    : { ...array, descr: "<f4", shape: [rowCount, dim], rows: codes };
  const ids = { descr: "<i8", fortranOrder: false, shape: [rowCount], dataOffset: 0, rows: rowNumbers(0) };
  return {
    ...arraySet("annoy index", [
      { name: "vector", source, role: "vectors", header: async () => header },
      { name: "id", source, role: "keys", isImplied: true, header: async () => ids },
    ]),
    live: addedItems(records),
  };
}

function layoutOf(metric: string | undefined): NodeLayout {
  const layout = metric === undefined || !Object.hasOwn(nodeLayouts, metric) ? undefined : nodeLayouts[metric];
  if (layout) return layout;
  const found = metric === undefined ? "is missing" : `is '${excerpt(metric)}'`;
  const reason = `options.index_metric ${found}: an annoy index does not tell how it was made, say one of ${Object.keys(nodeLayouts).join(", ")}`;
  throw new ImportError("request_invalid", reason);
}

async function dimOf(
  source: SourceFile,
  layout: NodeLayout,
  { index_dim: text, index_metric: metric }: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  if (text !== undefined && text !== "") {
    const dim = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (dim >= 1 && dim <= 8 * MAX_DIM) return dim;
    throw new ImportError("request_invalid", `options.index_dim must be a dimension, found '${excerpt(text)}'`);
  }
  const fitting: number[] = [];
  for (const dim of possibleDims(source.sizeBytes, layout, metric === "hamming"))
    if ((await itemsOf(source, layout.vectorAt + layout.vectorBytes(dim), signal)) !== undefined) fitting.push(dim);
  if (fitting.length === 1) return fitting[0];
  if (fitting.length === 0) throw malformed(`no dimension makes nodes of the metric ${metric} that fit it`, 0);
  const reason = `the annoy index does not tell its dimension, and ${fitting.slice(0, 8).join(", ")} fit it: say which by the option index_dim`;
  throw new ImportError("request_invalid", reason);
}

/** Dimensions of which a whole number of nodes fills the file. Of bits only whole words can be told. */
function* possibleDims(sizeBytes: number, { vectorAt, vectorBytes }: NodeLayout, isBits: boolean): Generator<number> {
  const step = isBits ? 64 : 1;
  for (let dim = step; dim <= (isBits ? 8 : 1) * MAX_DIM; dim += step)
    if (sizeBytes % (vectorAt + vectorBytes(dim)) === 0) yield dim;
}

/** How many items nodes of this size make; undefined where the file cannot have been made of them. */
async function itemsOf(source: SourceFile, nodeBytes: number, signal: AbortSignal): Promise<number | undefined> {
  const nodes = source.sizeBytes / nodeBytes;
  if (!Number.isInteger(nodes) || nodes < 2) return undefined;
  const descendants = async (node: number) =>
    (await readPart(source, node * nodeBytes, 4, "a node", signal)).getInt32(0, true);
  const items = await descendants(nodes - 1);
  // One root at least stands behind the items.
  if (items < 1 || items >= nodes) return undefined;
  for (let i = 0; i < Math.min(items, LOOKED_AT); i++) {
    const below = await descendants(Math.floor((i * items) / Math.min(items, LOOKED_AT)));
    if (below !== 0 && below !== 1) return undefined;
  }
  return (await isTree(source, items, nodeBytes, signal)) ? items : undefined;
}

/** Whether the node behind so many items is one of a tree: a file that was cut short ends with any node, and the next one is an item. */
async function isTree(source: SourceFile, items: number, nodeBytes: number, signal: AbortSignal): Promise<boolean> {
  const node = await readPart(source, items * nodeBytes, nodeBytes, "a node", signal);
  if (node.getInt32(0, true) > 1) return true;
  // A root of one item has its number, 0, where an item has its vector.
  return items === 1 && new Uint8Array(node.buffer, MAX_VECTOR_AT).every((byte) => byte === 0);
}

/** Ids that were never given to an item have nodes of zeros, and nothing below them. */
function addedItems(records: Records): LiveRows {
  const { recordBytes } = records.layout;
  return {
    why: "ids that no item was added with",
    read: async (firstRow, rows, target, signal) => {
      const bytes = await records.read(firstRow, rows, signal);
      for (let row = 0; row < rows; row++) target[row] = bytes.readInt32LE(row * recordBytes) === 1 ? 1 : 0;
    },
  };
}

/** Annoy's first component is the lowest bit of a byte, in binary vectors it is the highest. */
function highBitsFirst(codes: ReturnType<Records["part"]>): ReturnType<Records["part"]> {
  return {
    ...codes,
    read: async (firstRow, rows, target, signal) => {
      await codes.read(firstRow, rows, target, signal);
      for (let i = 0; i < target.length; i++) target[i] = reversed[target[i]];
    },
  };
}

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let k = 0; k < 8; k++) if (byte & (1 << k)) bits |= 0x80 >>> k;
  return bits;
});
