import { type ChunkedRows, MAX_BAND_BYTES } from "../chunked-rows.ts";
import { shortened } from "../row-source.ts";
import type { ChunkGrid, ChunkIndex, StoredChunk } from "./chunk-index.ts";
import { type Filter, unfiltered } from "./filters.ts";
import { type Hdf5File, unsupported } from "./hdf5-file.ts";

/** A data set in chunks, of one dimension or two. */
export interface DatasetChunks {
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

/** Chunks that were never written stay undefined, for `fill` to stand in. */
export function chunksOf(chunks: DatasetChunks): ChunkedRows {
  const { path, grid, index, itemBytes, rowItems, fill } = chunks;
  return {
    ...{ title: `data set '${path}'`, cure: "h5repack -l CHUNK=…" },
    ...{ counts: grid.counts, chunk: grid.chunk, itemBytes, rowItems, fill },
    load: async (place, signal) => {
      const stored = await index(place);
      return stored && (await chunkBytes(chunks, stored, signal));
    },
  };
}

async function chunkBytes(
  { file, grid, filters }: DatasetChunks,
  { address, sizeBytes, mask }: StoredChunk,
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
