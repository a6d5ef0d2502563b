import { malformed } from "../one-file.ts";
import {
  addressAt,
  byteAt,
  type Hdf5File,
  UNDEFINED_ADDRESS,
  uint16At,
  uint32At,
  uintAt,
  unsupported,
} from "./hdf5-file.ts";
import { recordsOf } from "./record-tree.ts";

const HEADER_BYTES = 146;
/** Signature, version, address of the heap. */
const BLOCK_HEAD_BYTES = 13;
const MAX_DEPTH = 8;

/** A heap as a table of blocks, whose rows double in size. */
interface Table {
  readonly width: number;
  /** Bytes of a block of the first two rows. */
  readonly firstBytes: number;
  /** Rows of blocks that hold objects; those of later ones are tables. */
  readonly directRows: number;
  /** Of a place in the heap, and of the length of an object. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * Where the newest form of HDF5 keeps what does not fit into object headers: attributes and links. Source: HDF5 File Format
 * Specification 3.0, III.G.
 */
class FractalHeap {
  readonly #file: Hdf5File;
  readonly #table: Table;
  readonly #root: number;
  /** 0: the root is the one block. */
  readonly #rootRows: number;
  readonly #nodes = new Map<number, DataView>();

  private constructor(file: Hdf5File, table: Table, root: number, rootRows: number) {
    this.#file = file;
    this.#table = table;
    this.#root = root;
    this.#rootRows = rootRows;
  }

  /** @throws {ImportError} `malformed_file`, `unsupported` */
  static async open(file: Hdf5File, address: number): Promise<FractalHeap> {
    const head = await file.readSigned(address, HEADER_BYTES, "FRHP", "a heap");
    if (uint16At(head, 7) > 0) throw unsupported("a heap of its structure is compressed");
    const [width, firstBytes, directBytes] = [uint16At(head, 110), addressAt(head, 112), addressAt(head, 120)];
    const heapBits = uint16At(head, 128);
    const directRows = Math.log2(directBytes) - Math.log2(firstBytes) + 2;
    if (width < 1 || !Number.isInteger(directRows) || directRows < 1 || heapBits < 1 || heapBits > 64)
      throw malformed(`a heap has rows of ${width} blocks, from ${firstBytes} to ${directBytes} bytes`, file.base + address); // biome-ignore format: one line
    const lengthBytes = Math.min(bytesFor(directBytes), bytesFor(uint32At(head, 10)));
    const table = { width, firstBytes, directRows, offsetBytes: Math.ceil(heapBits / 8), lengthBytes };
    return new FractalHeap(file, table, addressAt(head, 132), uint16At(head, 140));
  }

  /** What lies under an id; undefined where that is not in a block of the heap: a large one has a place of its own. @throws {ImportError} */
  async read(id: DataView): Promise<DataView | undefined> {
    const isManaged = (byteAt(id, 0) & 0xf0) === 0;
    if (!isManaged) return undefined;
    const { offsetBytes, lengthBytes } = this.#table;
    const offset = uintAt(id, 1, offsetBytes);
    const [block, at] =
      this.#rootRows === 0 ? [this.#root, offset] : await this.#find(this.#root, this.#rootRows, offset, 0);
    return await this.#file.read(block + at, uintAt(id, 1 + offsetBytes, lengthBytes), "an object of a heap");
  }

  /** The block of a place, and the byte in it. */
  async #find(address: number, rows: number, offset: number, depth: number): Promise<[block: number, at: number]> {
    const { width, firstBytes, directRows, offsetBytes } = this.#table;
    const row = Math.max(0, Math.floor(Math.log2(offset / (width * firstBytes))) + 1);
    if (row >= rows || depth > MAX_DEPTH) throw malformed("an object of a heap lies behind its end", this.#file.base);
    const blockBytes = firstBytes * 2 ** Math.max(0, row - 1);
    const rowStart = row === 0 ? 0 : width * firstBytes * 2 ** (row - 1);
    const column = Math.floor((offset - rowStart) / blockBytes);
    const entries = BLOCK_HEAD_BYTES + offsetBytes;
    const node = await this.#node(address, entries + 8 * width * rows);
    const child = addressAt(node, entries + 8 * (row * width + column));
    const at = offset - rowStart - column * blockBytes;
    if (row < directRows) return [child, at];
    const childRows = Math.log2(blockBytes) - Math.log2(width * firstBytes) + 1;
    return await this.#find(child, childRows, at, depth + 1);
  }

  async #node(address: number, bytes: number): Promise<DataView> {
    const node = this.#nodes.get(address) ?? (await this.#file.readSigned(address, bytes, "FHIB", "a table of a heap"));
    this.#nodes.set(address, node);
    return node;
  }
}

/**
 * The objects of a heap that a tree knows by their names: none where the addresses are undefined. Undefined for large ones, beyond
 * some kilobytes, which have places of their own.
 * @param info the message that has the address of the heap at `at`, and that of the tree behind it
 * @param ids where an id stands in a record of the tree, and the flags of what may be shared
 */
export async function* objectsOf(
  file: Hdf5File,
  info: DataView,
  at: number,
  ids: { readonly at: number; readonly flagsAt?: number },
): AsyncGenerator<DataView | undefined> {
  if (addressAt(info, at) === UNDEFINED_ADDRESS) return;
  const heap = await FractalHeap.open(file, addressAt(info, at));
  for (const record of await recordsOf(file, addressAt(info, at + 8))) {
    const isShared = ids.flagsAt !== undefined && (byteAt(record, ids.flagsAt) & 2) !== 0;
    const id = new DataView(record.buffer, record.byteOffset + ids.at, record.byteLength - ids.at);
    if (!isShared) yield await heap.read(id);
  }
}

function bytesFor(most: number): number {
  return Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
}
