import { malformed } from "../one-file.ts";
import { addressAt, byteAt, type Hdf5File, uintAt } from "./hdf5-file.ts";

// A list that grows: its first entries stand in an index block, others in data blocks, whose addresses are in the index block or, from
// some number on, in super blocks. Each super block has twice the entries of the one before. Source: HDF5 file format, version 3;
// H5EA of HDF5 1.14.

const WHAT = "a list of chunks that grows";
/** Signature, version, client and the address of the header. */
const HEAD_BYTES = 14;
const CHECKSUM_BYTES = 4;

interface ExtensibleArray {
  readonly blockAt: number;
  readonly entryBytes: number;
  /** Entries in the index block. */
  readonly ownEntries: number;
  /** Entries of the first data blocks. */
  readonly minEntries: number;
  /** Data block addresses of the first super block that is one of its own. */
  readonly minPointers: number;
  /** Entries of a page; data blocks that have more are in pages. */
  readonly pageEntries: number;
  /** Of the number that a block begins with. */
  readonly offsetBytes: number;
}

/** Finds entries by their number: address and bytes of each; undefined where none was written. */
export function extensibleArray(
  file: Hdf5File,
  address: number,
): (index: number) => Promise<{ readonly at: number; readonly entryBytes: number } | undefined> {
  let opened: Promise<ExtensibleArray | undefined> | undefined;
  return async (index) => {
    opened ??= openArray(file, address);
    const array = await opened;
    const at = array && (await entryAt(file, array, index));
    return at === undefined ? undefined : { at, entryBytes: array?.entryBytes ?? 0 };
  };
}

async function openArray(file: Hdf5File, address: number): Promise<ExtensibleArray | undefined> {
  if (!Number.isFinite(address)) return undefined;
  const head = await file.readSigned(address, 68, "EAHD", WHAT);
  const [entryBytes, maxBits, ownEntries, minEntries, minPointers, pageBits] = [6, 7, 8, 9, 10, 11].map((at) =>
    byteAt(head, at),
  );
  const isPower = (count: number) => count > 0 && (count & (count - 1)) === 0;
  if (
    entryBytes < 8 ||
    entryBytes > 20 ||
    maxBits > 64 ||
    pageBits > 31 ||
    !isPower(minEntries) ||
    !isPower(minPointers)
  )
    throw malformed(`${WHAT} has entries of ${entryBytes} bytes in blocks of ${minEntries}`, file.base + address);
  const blockAt = addressAt(head, 60);
  if (!Number.isFinite(blockAt)) return undefined;
  await file.readSigned(blockAt, HEAD_BYTES, "EAIB", WHAT);
  const [pageEntries, offsetBytes] = [2 ** pageBits, Math.ceil(maxBits / 8)];
  return { blockAt, entryBytes, ownEntries, minEntries, minPointers, pageEntries, offsetBytes };
}

async function entryAt(file: Hdf5File, array: ExtensibleArray, index: number): Promise<number | undefined> {
  const { blockAt, entryBytes, ownEntries, minEntries, minPointers } = array;
  if (index < ownEntries) return blockAt + HEAD_BYTES + index * entryBytes;
  const level = Math.floor(Math.log2(Math.floor((index - ownEntries) / minEntries) + 1));
  const rest = index - ownEntries - minEntries * (2 ** level - 1);
  const entries = minEntries * 2 ** Math.floor((level + 1) / 2);
  const block = Math.floor(rest / entries);
  const pointersAt = blockAt + HEAD_BYTES + ownEntries * entryBytes;
  // Levels whose data blocks the index block itself has the addresses of.
  const ownLevels = 2 * Math.log2(minPointers);
  if (level >= ownLevels) {
    const superAt = await pointerAt(file, pointersAt + 8 * (2 * (minPointers - 1) + level - ownLevels));
    return superAt === undefined ? undefined : await inSuperBlock(file, array, { superAt, level, entries, rest });
  }
  const dataAt = await pointerAt(file, pointersAt + 8 * (blocksBefore(level) + block));
  return dataAt === undefined ? undefined : await inDataBlock(file, array, dataAt, rest % entries);
}

/** Data blocks of all levels before one. */
function blocksBefore(level: number): number {
  let count = 0;
  for (let i = 0; i < level; i++) count += 2 ** Math.floor(i / 2);
  return count;
}

interface PlaceInLevel {
  readonly superAt: number;
  readonly level: number;
  /** Of each data block. */
  readonly entries: number;
  readonly rest: number;
}

async function inSuperBlock(
  file: Hdf5File,
  array: ExtensibleArray,
  { superAt, level, entries, rest }: PlaceInLevel,
): Promise<number | undefined> {
  const { pageEntries, offsetBytes, entryBytes } = array;
  await file.readSigned(superAt, HEAD_BYTES, "EASB", WHAT);
  const pages = entries > pageEntries ? entries / pageEntries : 0;
  // A bit for each page of all its data blocks, whether it was written.
  const bitsAt = superAt + HEAD_BYTES + offsetBytes;
  const pointersAt = bitsAt + 2 ** Math.floor(level / 2) * Math.ceil(pages / 8);
  const [block, entry] = [Math.floor(rest / entries), rest % entries];
  const dataAt = await pointerAt(file, pointersAt + 8 * block);
  if (dataAt === undefined || pages === 0) return dataAt && (await inDataBlock(file, array, dataAt, entry));
  const page = Math.floor(entry / pageEntries);
  const bit = block * pages + page;
  const bits = uintAt(await file.read(bitsAt + (bit >>> 3), 1, WHAT), 0, 1);
  if (!(bits & (0x80 >>> (bit & 7)))) return undefined;
  const pageAt =
    dataAt + HEAD_BYTES + offsetBytes + CHECKSUM_BYTES + page * (pageEntries * entryBytes + CHECKSUM_BYTES);
  return pageAt + (entry % pageEntries) * entryBytes;
}

async function inDataBlock(file: Hdf5File, array: ExtensibleArray, dataAt: number, entry: number): Promise<number> {
  await file.readSigned(dataAt, HEAD_BYTES, "EADB", WHAT);
  return dataAt + HEAD_BYTES + array.offsetBytes + entry * array.entryBytes;
}

async function pointerAt(file: Hdf5File, at: number): Promise<number | undefined> {
  const address = addressAt(await file.read(at, 8, WHAT), 0);
  return Number.isFinite(address) ? address : undefined;
}
