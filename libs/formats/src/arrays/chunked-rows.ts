import { ImportError } from "@sluice/errors";
import type { RowSource } from "./row-source.ts";

/** Greatest part of an array that is held at once: all chunks in which a row has a part. */
export const MAX_BAND_BYTES = 256 << 20;
/** Chunks that are read and decompressed at once. */
const CONCURRENCY = 4;

/** An array in chunks, of one dimension or two. */
export interface ChunkedRows {
  /** What messages call it: `data set 'a/b'`. */
  readonly title: string;
  /** What makes chunks smaller. */
  readonly cure: string;
  /** Chunks along each dimension. */
  readonly counts: readonly number[];
  /** Elements of a chunk along each dimension. */
  readonly chunk: readonly number[];
  readonly itemBytes: number;
  /** Elements of a row; 1 where there is one dimension. */
  readonly rowItems: number;
  /** What stands for values that were never written; undefined: zeros. */
  readonly fill: Uint8Array | undefined;
  /** The values of the chunk at a place of the grid, row by row; undefined where none was written. */
  load(place: readonly number[], signal: AbortSignal): Promise<Uint8Array | undefined>;
}

/**
 * Rows that are cut into chunks in both directions: those of one band of chunks are put together at a time.
 * @throws {ImportError} `unsupported` for chunks that are too large
 */
export function chunkedRows(rows: ChunkedRows): RowSource {
  const { chunk, itemBytes, rowItems, title, cure } = rows;
  const [bandRows, width = 1] = chunk;
  const rowBytes = rowItems * itemBytes;
  if (bandRows * rowBytes > MAX_BAND_BYTES || bandRows * width * itemBytes > MAX_BAND_BYTES) {
    const reason = `${title} has chunks of ${bandRows} rows, which take ${bandRows * rowBytes} bytes: rewrite it with smaller ones, ${cure}`;
    throw new ImportError("unsupported", reason);
  }
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
  const columns = rows.counts[1] ?? 1;
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
  const { chunk, itemBytes, rowItems } = rows;
  const [bandRows, width = 1] = chunk;
  const bytes = await rows.load(chunk.length === 1 ? [band] : [band, column], signal);
  // What of a chunk lies behind the last column is none.
  const partBytes = Math.min(width, rowItems - column * width) * itemBytes;
  for (let row = 0; row < bandRows; row++) {
    const to = (row * rowItems + column * width) * itemBytes;
    if (bytes) memory.set(bytes.subarray(row * width * itemBytes, row * width * itemBytes + partBytes), to);
    else fillWith(memory.subarray(to, to + partBytes), rows.fill);
  }
}

/** What was never written has the value of the data set's own choice. */
export function fillWith(target: Uint8Array, fill: Uint8Array | undefined): void {
  if (!fill) target.fill(0);
  else for (let at = 0; at < target.length; at++) target[at] = fill[at % fill.length];
}
