import { Damage } from "@sluice/parquet";
import { decodeNumbers, decodeValues, lookedUp, type Values } from "./decode-values.ts";
import type { PageLayout } from "./page-layout.ts";

type Chunks = Extract<PageLayout, { kind: "chunks" }>;
const ALIGNMENT = 8;
/** Of a chunk that is not the last one. */
const MAX_VALUES_LOG = 15;

/** Values of a page that are decompressed together. */
export interface Chunk {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly position: number;
  readonly sizeBytes: number;
}

/** The chunks of a page. @param words one for each: its length in units of eight bytes, less one, and the logarithm of its values */
export function chunksOf({ isWide }: Chunks, words: Uint8Array, rowCount: number): Chunk[] {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  const count = words.length / (isWide ? 4 : 2);
  const chunks: Chunk[] = [];
  let [firstRow, position] = [0, 0];
  for (let i = 0; i < count; i++) {
    const word = isWide ? view.getUint32(4 * i, true) : view.getUint16(2 * i, true);
    const isLast = i === count - 1;
    const rows = isLast ? rowCount - firstRow : 2 ** (word & MAX_VALUES_LOG);
    const sizeBytes = (Math.floor(word / 16) + 1) * ALIGNMENT;
    chunks.push({ firstRow, rowCount: rows, position, sizeBytes });
    firstRow += rows;
    position += sizeBytes;
  }
  if (firstRow !== rowCount || chunks.some((chunk) => chunk.rowCount < 1))
    throw new Damage(`a page of ${rowCount} rows has chunks of others`);
  return chunks;
}

/** The values of a chunk. @param page all of them, one behind the other @param dictionary of the page @throws {Damage} */
export function decodeChunk(layout: Chunks, chunk: Chunk, page: Uint8Array, dictionary: Values | undefined): Values {
  const bytes = page.subarray(chunk.position, chunk.position + chunk.sizeBytes);
  const buffers = buffersOf(bytes, layout);
  if (!layout.dictionary) return decodeValues(layout.values, buffers, chunk.rowCount);
  if (!dictionary) throw new Damage("a page lacks its dictionary");
  const numbers = decodeNumbers(layout.values, buffers, chunk.rowCount);
  return lookedUp(numbers, chunk.rowCount, dictionary);
}

/** Behind the number of levels, which there are none of, the lengths of the buffers; each begins at a multiple of eight. */
function buffersOf(bytes: Uint8Array, { bufferCount, isWide }: Chunks): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = isWide ? 4 : 2;
  const headBytes = 2 + width * bufferCount;
  if (headBytes > bytes.length || bufferCount > 16) throw new Damage("a chunk is cut short");
  if (view.getUint16(0, true) !== 0) throw new Damage("a chunk has levels that its page has not");
  const buffers: Uint8Array[] = [];
  let at = aligned(headBytes);
  for (let i = 0; i < bufferCount; i++) {
    const length = isWide ? view.getUint32(2 + 4 * i, true) : view.getUint16(2 + 2 * i, true);
    if (at + length > bytes.length) throw new Damage("a chunk is cut short");
    buffers.push(bytes.subarray(at, at + length));
    at = aligned(at + length);
  }
  return buffers;
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
