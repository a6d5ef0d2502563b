import { ImportError } from "@sluice/errors";
import { chunkedRows, fillWith } from "../chunked-rows.ts";
import { malformed } from "../one-file.ts";
import { type RowSource, rowsAt } from "../row-source.ts";
import { type ChunkGrid, chunkIndex } from "./chunk-index.ts";
import { chunksOf } from "./chunk-rows.ts";
import type { Dataset, Layout } from "./dataset.ts";
import { checkFilters } from "./filters.ts";
import { type Hdf5File, unsupported } from "./hdf5-file.ts";
import { turnedBytes, turnedChunks } from "./matlab.ts";
import { REFERENCE_BYTES } from "./text-heaps.ts";

/** Sizes are multiplied below, and must be exact then. @throws {ImportError} `malformed_file` */
export function checkShape(path: string, shape: readonly number[]): void {
  const items = shape.reduce((product, size) => product * Math.max(1, size), 1);
  if (!Number.isSafeInteger(items)) throw malformed(`data set '${path}' is larger than any file`, 0);
}

/** As far as gzip goes at most; what is claimed beyond is made of values that were never written. */
const MAX_EXPANSION = 1100;
const MIN_CLAIM_BYTES = 64 << 20;

/** A file of some bytes may claim rows without end, none of which was ever written. */
function checkClaim(file: Hdf5File, { path, shape }: Dataset, itemBytes: number): void {
  const bytes = shape.reduce((product, size) => product * size, itemBytes);
  const { sizeBytes } = file.source;
  if (bytes <= Math.max(MIN_CLAIM_BYTES, sizeBytes * MAX_EXPANSION)) return;
  throw unsupported(
    `data set '${path}' of (${shape.join(", ")}) takes ${bytes} bytes in a file of ${sizeBytes}: most of it was never written`,
  );
}

/**
 * Where the rows of a data set are; what would be other numbers than those that were written is refused first.
 * @param isTurned its columns are wanted, unless they lie one after the other
 */
export function rowsOf(file: Hdf5File, dataset: Dataset, isTurned = false): RowSource {
  const { path, layout, filters, type, shape, fill } = dataset;
  const itemBytes = type.kind === "texts" ? REFERENCE_BYTES : type.itemBytes;
  if (itemBytes !== type.itemBytes) throw unsupported(`data set '${path}' has references of ${type.itemBytes} bytes`);
  checkClaim(file, dataset, itemBytes);
  if (layout.kind === "elsewhere") throw unsupported(`data set '${path}' ${layout.why}`);
  const rowItems = shape.slice(1).reduce((product, size) => product * size, 1);
  const rowBytes = rowItems * itemBytes;
  if (layout.kind === "compact") return compactRows(dataset, layout.data, itemBytes, isTurned);
  if (layout.kind === "contiguous") return contiguousRows(file, dataset, layout.address, rowBytes);
  checkFilters(path, filters);
  if (shape.length < 1 || shape.length > 2)
    throw unsupported(`data set '${path}' has ${shape.length} dimensions, in chunks`);
  const grid = gridOf(dataset, layout, itemBytes);
  const index = chunkIndex(file, layout.index, grid);
  const chunks = chunksOf({ file, path, grid, index, filters, itemBytes, rowItems, fill });
  return isTurned ? turnedChunks(chunks, shape[0]) : chunkedRows(chunks);
}

function gridOf(
  { path, shape, maxShape, filters }: Dataset,
  { chunk }: Extract<Layout, { kind: "chunked" }>,
  itemBytes: number,
): ChunkGrid {
  const fits = chunk.length === shape.length && chunk.every((size) => size >= 1);
  if (!fits) throw malformed(`data set '${path}' of ${shape.length} dimensions has chunks of (${chunk.join(", ")})`, 0);
  const countsOf = (sizes: readonly number[]) => sizes.map((size, i) => Math.ceil(size / chunk[i]));
  const chunkBytes = chunk.reduce((product, size) => product * size, itemBytes);
  const isFiltered = filters.length > 0;
  return { counts: countsOf(shape), maxCounts: countsOf(maxShape), chunk, chunkBytes, isFiltered };
}

function compactRows({ path, shape }: Dataset, data: Uint8Array, itemBytes: number, isTurned: boolean): RowSource {
  const [count = 1, ...inside] = shape;
  const rowBytes = inside.reduce((product, size) => product * size, itemBytes);
  const wanted = count * rowBytes;
  if (data.length < wanted)
    throw malformed(`data set '${path}' has ${data.length} bytes in its header, and should have ${wanted}`, 0);
  return isTurned ? rowsOfBytes(turnedBytes(data, shape, itemBytes), count * itemBytes) : rowsOfBytes(data, rowBytes);
}

function rowsOfBytes(data: Uint8Array, rowBytes: number): RowSource {
  return {
    read: async (firstRow, rows, target) =>
      target.set(data.subarray(firstRow * rowBytes, (firstRow + rows) * rowBytes)),
  };
}

function contiguousRows(file: Hdf5File, { path, shape, fill }: Dataset, address: number, rowBytes: number): RowSource {
  if (!Number.isFinite(address))
    return { read: async (_, rows, target) => fillWith(target.subarray(0, rows * rowBytes), fill) };
  const end = file.base + address + (shape[0] ?? 1) * rowBytes;
  if (end > file.source.sizeBytes) {
    const reason = `the file is cut short: data set '${path}' ends at byte ${end}, it has ${file.source.sizeBytes} bytes`;
    throw new ImportError("malformed_file", reason, { byteOffset: file.source.sizeBytes });
  }
  return rowsAt(file.source, file.base + address, rowBytes);
}
