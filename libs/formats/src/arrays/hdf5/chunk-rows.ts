import { type RowSource, shortened } from "../row-source.ts";
import type { ChunkGrid, ChunkIndex } from "./chunk-index.ts";
import { type Filter, unfiltered } from "./filters.ts";
import { type Hdf5File, unsupported } from "./hdf5-file.ts";

/** Greatest part of a data set that is held at once: all chunks in which a row has a part. */
const MAX_BAND_BYTES = 256 << 20;
/** Chunks that are read and decompressed at once. */
const CONCURRENCY = 4;

/** A data set in chunks, of one dimension or two. */
export interface ChunkedRows {
  readonly file: Hdf5File;
  readonly path: string;
  readonly grid: ChunkGrid;
  readonly index: ChunkIndex;
  readonly filters: readonly Filter[];
  readonly itemBytes: number;
  /** Elements of a row; 1 where there is one dimension. */
  readonly rowItems: number;
  readonly fill: Uint8Array | undefined;
}

/** Rows that are cut into chunks in both directions: those of one band of chunks are put together at a time. */
export function chunkRows(rows: ChunkedRows): RowSource {
  const { grid, itemBytes, rowItems, path } = rows;
  const [bandRows] = grid.chunk;
  const rowBytes = rowItems * itemBytes;
  if (bandRows * rowBytes > MAX_BAND_BYTES || grid.chunkBytes > MAX_BAND_BYTES)
    throw unsupported(
      `data set '${path}' has chunks of ${bandRows} rows, which take ${bandRows * rowBytes} bytes: rewrite it with smaller ones, h5repack -l CHUNK=…`,
    );
  let memory = new Uint8Array(0);
  let loaded = -1;
  const load = async (band: number, signal: AbortSignal) => {
    if (band === loaded) return;
    loaded = -1;
    if (memory.length === 0) memory = new Uint8Array(bandRows * rowBytes);
    await loadBand(rows, band, memory, signal);
    loaded = band;
  };
  return {
    read: async (firstRow, count, target, signal) => {
      for (let row = firstRow; row < firstRow + count; ) {
        const band = Math.floor(row / bandRows);
        await load(band, signal);
        const end = Math.min(firstRow + count, (band + 1) * bandRows);
        const from = (row - band * bandRows) * rowBytes;
        target.set(memory.subarray(from, from + (end - row) * rowBytes), (row - firstRow) * rowBytes);
        row = end;
      }
    },
  };
}

async function loadBand(rows: ChunkedRows, band: number, memory: Uint8Array, signal: AbortSignal): Promise<void> {
  const columns = rows.grid.counts[1] ?? 1;
  for (let first = 0; first < columns; first += CONCURRENCY) {
    const count = Math.min(CONCURRENCY, columns - first);
    await Promise.all(Array.from({ length: count }, (_, i) => loadChunk(rows, band, first + i, memory, signal)));
  }
}

async function loadChunk(
  rows: ChunkedRows,
  band: number,
  column: number,
  memory: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const { grid, index, itemBytes, rowItems } = rows;
  const [bandRows, width = 1] = grid.chunk;
  const stored = await index(grid.chunk.length === 1 ? [band] : [band, column]);
  const bytes = stored && (await chunkBytes(rows, stored, signal));
  // What of a chunk lies behind the last column is none.
  const partBytes = Math.min(width, rowItems - column * width) * itemBytes;
  for (let row = 0; row < bandRows; row++) {
    const to = (row * rowItems + column * width) * itemBytes;
    if (bytes) memory.set(bytes.subarray(row * width * itemBytes, row * width * itemBytes + partBytes), to);
    else fillWith(memory.subarray(to, to + partBytes), rows.fill);
  }
}

async function chunkBytes(
  { file, grid, filters }: ChunkedRows,
  { address, sizeBytes, mask }: { readonly address: number; readonly sizeBytes: number; readonly mask: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const position = file.base + address;
  if (sizeBytes > 2 * MAX_BAND_BYTES) throw unsupported(`a chunk takes ${sizeBytes} bytes in the file`);
  if (!(position + sizeBytes <= file.source.sizeBytes)) throw shortened(file.source.sizeBytes);
  const chunk = new Uint8Array(sizeBytes);
  const count = await file.source.readInto(position, chunk, signal);
  if (count < sizeBytes) throw shortened(position + count);
  return unfiltered(chunk, filters, mask, grid.chunkBytes, position);
}

/** What was never written has the value of the data set's own choice. */
export function fillWith(target: Uint8Array, fill: Uint8Array | undefined): void {
  if (!fill) target.fill(0);
  else for (let at = 0; at < target.length; at++) target[at] = fill[at % fill.length];
}
