import { malformed } from "../one-file.ts";
import type { ChunkIndexPlace } from "./dataset.ts";
import { extensibleArray } from "./extensible-array.ts";
import { addressAt, byteAt, type Hdf5File, uint16At, uint32At, uintAt, unsupported } from "./hdf5-file.ts";

/** A chunk as it lies in the file. */
export interface StoredChunk {
  readonly address: number;
  readonly sizeBytes: number;
  /** Bits of filters that it was not put through. */
  readonly mask: number;
}

/** Finds the chunk at a place of the grid of chunks; undefined where none was written. */
export type ChunkIndex = (place: readonly number[]) => Promise<StoredChunk | undefined>;

/** What a data set says of its chunks. */
export interface ChunkGrid {
  /** Chunks along each dimension. */
  readonly counts: readonly number[];
  /** The same, of how far each dimension may grow; infinite where it may do so without end. */
  readonly maxCounts: readonly number[];
  /** Elements of a chunk along each dimension. */
  readonly chunk: readonly number[];
  readonly chunkBytes: number;
  readonly isFiltered: boolean;
}

/** Nodes of a tree that are kept. */
const MAX_NODES = 64;
const MAX_DEPTH = 16;

/** Finds where a chunk lies by its place in the grid; undefined for one that was never written. */
export function chunkIndex(file: Hdf5File, place: ChunkIndexPlace, grid: ChunkGrid): ChunkIndex {
  const linear = chunkNumber(grid);
  const whole = (address: number): StoredChunk | undefined =>
    Number.isFinite(address) ? { address, sizeBytes: grid.chunkBytes, mask: 0 } : undefined;
  switch (place.kind) {
    case "tree": {
      const tree = new ChunkTree(file, place.address, grid);
      return (at) => tree.find(at);
    }
    case "single":
      return async () => {
        const chunk = whole(place.address);
        return chunk && { ...chunk, sizeBytes: place.sizeBytes ?? grid.chunkBytes, mask: place.mask };
      };
    case "implicit":
      return async (at) => whole(place.address + linear(at) * grid.chunkBytes);
    case "fixed array":
      return fixedArray(file, place.address, grid, linear);
    case "extensible array": {
      const find = extensibleArray(file, place.address);
      return async (at) => {
        const found = await find(linear(at));
        return found && (await storedChunk(file, found.at, found.entryBytes, grid));
      };
    }
  }
}

/** The number of a chunk in a list: what has no end comes first, so that numbers stay when the data set grows. */
function chunkNumber({ maxCounts }: ChunkGrid): (at: readonly number[]) => number {
  const dimensions = [...maxCounts.keys()];
  const order = [
    ...dimensions.filter((i) => maxCounts[i] === Infinity),
    ...dimensions.filter((i) => maxCounts[i] < Infinity),
  ];
  return (at) => order.reduce((number, i) => (number > 0 ? number * maxCounts[i] : 0) + at[i], 0);
}

/** What an entry of a list says; undefined where the chunk was never written. */
async function storedChunk(
  file: Hdf5File,
  entryAt: number,
  entryBytes: number,
  { isFiltered, chunkBytes }: ChunkGrid,
): Promise<StoredChunk | undefined> {
  const entry = await file.read(entryAt, entryBytes, "a list of chunks");
  const address = addressAt(entry, 0);
  if (!Number.isFinite(address)) return undefined;
  if (!isFiltered) return { address, sizeBytes: chunkBytes, mask: 0 };
  return { address, sizeBytes: uintAt(entry, 8, entryBytes - 12), mask: uint32At(entry, entryBytes - 4) };
}

interface TreeNode {
  readonly level: number;
  readonly count: number;
  readonly body: DataView;
}

/** A tree of chunks by the place of their first element. */
class ChunkTree {
  readonly #file: Hdf5File;
  readonly #root: number;
  readonly #chunk: readonly number[];
  readonly #keyBytes: number;
  readonly #nodes = new Map<number, TreeNode>();

  constructor(file: Hdf5File, root: number, { chunk }: ChunkGrid) {
    this.#file = file;
    this.#root = root;
    this.#chunk = chunk;
    this.#keyBytes = 8 + 8 * (chunk.length + 1);
  }

  /** @param at place in the grid @throws {ImportError} `malformed_file` */
  async find(at: readonly number[]): Promise<StoredChunk | undefined> {
    if (!Number.isFinite(this.#root)) return undefined;
    const wanted = at.map((k, i) => k * this.#chunk[i]);
    let address = this.#root;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const node = await this.#nodeAt(address);
      const entry = this.#childFor(node, wanted);
      if (entry < 0) return undefined;
      const keyAt = entry * (this.#keyBytes + 8);
      address = addressAt(node.body, keyAt + this.#keyBytes);
      if (node.level > 0) continue;
      if (this.#compare(node.body, entry, wanted) !== 0) return undefined;
      return { address, sizeBytes: uint32At(node.body, keyAt), mask: uint32At(node.body, keyAt + 4) };
    }
    throw malformed("a tree of chunks is too deep", this.#file.base + this.#root);
  }

  async #nodeAt(address: number): Promise<TreeNode> {
    const kept = this.#nodes.get(address);
    if (kept) return kept;
    const node = await this.#readNode(address);
    if (this.#nodes.size >= MAX_NODES) this.#nodes.clear();
    this.#nodes.set(address, node);
    return node;
  }

  async #readNode(address: number): Promise<TreeNode> {
    const head = await this.#file.readSigned(address, 24, "TREE", "a tree of chunks");
    if (byteAt(head, 4) !== 1) throw malformed("a tree of chunks is one of groups", this.#file.base + address);
    const count = uint16At(head, 6);
    const bodyBytes = count * (this.#keyBytes + 8) + this.#keyBytes;
    const body = await this.#file.read(address + 24, bodyBytes, "a tree of chunks");
    return { level: byteAt(head, 5), count, body };
  }

  /** The last child whose first chunk is not behind the wanted one, or -1. */
  #childFor({ count, body }: TreeNode, wanted: readonly number[]): number {
    let entry = -1;
    for (let [low, high] = [0, count - 1]; low <= high; ) {
      const middle = (low + high) >>> 1;
      if (this.#compare(body, middle, wanted) <= 0) [entry, low] = [middle, middle + 1];
      else high = middle - 1;
    }
    return entry;
  }

  #compare(body: DataView, entry: number, wanted: readonly number[]): number {
    for (let i = 0; i < wanted.length; i++) {
      const found = addressAt(body, entry * (this.#keyBytes + 8) + 8 + 8 * i);
      if (found !== wanted[i]) return found < wanted[i] ? -1 : 1;
    }
    return 0;
  }
}

interface FixedArray {
  readonly entryBytes: number;
  /** Entries of a page; as many as there are where it has no pages. */
  readonly pageEntries: number;
  readonly firstPage: number;
}

/** A list of chunks by their number, in pages of which each has a checksum behind it. */
function fixedArray(
  file: Hdf5File,
  address: number,
  grid: ChunkGrid,
  linear: (at: readonly number[]) => number,
): ChunkIndex {
  let opened: Promise<FixedArray | undefined> | undefined;
  return async (at) => {
    opened ??= openFixedArray(file, address);
    const array = await opened;
    if (!array) return undefined;
    const { entryBytes, pageEntries, firstPage } = array;
    const index = linear(at);
    const page = Math.floor(index / pageEntries);
    const entryAt = firstPage + page * (pageEntries * entryBytes + 4) + (index % pageEntries) * entryBytes;
    return await storedChunk(file, entryAt, entryBytes, grid);
  };
}

async function openFixedArray(file: Hdf5File, address: number): Promise<FixedArray | undefined> {
  if (!Number.isFinite(address)) return undefined;
  const head = await file.readSigned(address, 24, "FAHD", "a list of chunks");
  const [entryBytes, pageBits, count, blockAt] = [
    byteAt(head, 6),
    byteAt(head, 7),
    addressAt(head, 8),
    addressAt(head, 16),
  ];
  if (!Number.isFinite(blockAt)) return undefined;
  if (entryBytes < 8 || entryBytes > 20 || pageBits > 31)
    throw malformed(`a list of chunks has entries of ${entryBytes} bytes`, file.base + address);
  await file.readSigned(blockAt, 4, "FADB", "a list of chunks");
  const pageEntries = 2 ** pageBits;
  const start = blockAt + 14;
  if (count <= pageEntries) return { entryBytes, pageEntries: count, firstPage: start };
  // A bit for each page that was written, and a checksum.
  const pages = Math.ceil(count / pageEntries);
  const bitmap = await file.read(start, Math.ceil(pages / 8), "a list of chunks");
  for (let page = 0; page < pages; page++)
    if (!(bitmap.getUint8(page >>> 3) & (0x80 >>> (page & 7))))
      throw unsupported("a list of its chunks has parts that were never written: rewrite it by h5repack");
  return { entryBytes, pageEntries, firstPage: start + bitmap.byteLength + 4 };
}
