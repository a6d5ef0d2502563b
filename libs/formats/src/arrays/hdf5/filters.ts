import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { ImportError } from "@sluice/errors";
import { Damage, NotSupported } from "@sluice/parquet";
import { unshuffled } from "../shuffle.ts";
import { byteAt, uint16At, uint32At, unsupported } from "./hdf5-file.ts";
import { decodePlugin, isPluginFilter } from "./plugin-filters.ts";

const inflated = promisify(inflate);

/** What chunks are put through when they are written, in order. */
export interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;
const CHECKSUM_BYTES = 4;
/** Source: the registry of filters of The HDF Group. */
const names: Readonly<Record<number, string | undefined>> = {
  ...{ 4: "szip", 5: "nbit", 6: "scale-offset", 305: "lzo", 307: "bzip2" },
  ...{ 32008: "bitshuffle", 32013: "zfp", 32026: "blosc2" },
};

/** Of the message in the header of a data set, of both versions. @throws {ImportError} `malformed_file` */
export function parseFilters(data: DataView): Filter[] {
  const version = byteAt(data, 0);
  const filters: Filter[] = [];
  let at = version === 1 ? 8 : 2;
  for (let i = byteAt(data, 1); i > 0; i--) {
    const id = uint16At(data, at);
    const hasName = version === 1 || id >= 256;
    const nameBytes = hasName ? uint16At(data, at + 2) : 0;
    at += hasName ? 6 : 4;
    const count = uint16At(data, at);
    at += 2 + (version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes);
    filters.push({ id, values: Array.from({ length: count }, (_, k) => uint32At(data, at + 4 * k)) });
    at += 4 * count + (version === 1 && count % 2 === 1 ? 4 : 0);
  }
  return filters;
}

/** @throws {ImportError} `unsupported` for a filter that is not undone here: what it made would be taken for values */
export function checkFilters(path: string, filters: readonly Filter[]): void {
  if (filters.filter(({ id }) => isPluginFilter(id) || id === DEFLATE).length > 1)
    throw unsupported(`data set '${path}' is compressed twice: write it with compression="gzip" alone, or none`);
  for (const { id } of filters) {
    if (id === DEFLATE || id === SHUFFLE || id === FLETCHER32 || isPluginFilter(id)) continue;
    const name = names[id] ?? "one that is not known";
    throw unsupported(
      `data set '${path}' is compressed by filter ${id} (${name}): write it with compression="gzip" or none, or rewrite it by h5repack -f GZIP=4`,
    );
  }
}

/**
 * Undoes the filters of a chunk.
 * @param mask bits of filters that were left out @param chunkBytes of the values
 * @throws {ImportError} `malformed_file`
 */
export async function unfiltered(
  chunk: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  chunkBytes: number,
  byteOffset: number,
): Promise<Uint8Array> {
  let bytes = chunk;
  for (let i = filters.length - 1; i >= 0; i--) {
    if (mask & (1 << i)) continue;
    const { id, values } = filters[i];
    if (id === DEFLATE) bytes = await inflatedChunk(bytes, chunkBytes, byteOffset);
    if (isPluginFilter(id))
      bytes = undone(id, bytes, chunkBytes + checksumBytes(filters.slice(0, i), mask), byteOffset);
    if (id === SHUFFLE) bytes = unshuffled(bytes, values[0] ?? 1);
    if (id === FLETCHER32) bytes = withoutChecksum(bytes, byteOffset);
  }
  if (bytes.length !== chunkBytes)
    throw damaged(`has ${bytes.length} bytes of values, and should have ${chunkBytes}`, byteOffset);
  return bytes;
}

/** What checksums, which may have been made before it was compressed, add to a chunk. */
function checksumBytes(before: readonly Filter[], mask: number): number {
  return CHECKSUM_BYTES * before.filter(({ id }, i) => id === FLETCHER32 && !(mask & (1 << i))).length;
}

function undone(id: number, bytes: Uint8Array, sizeBytes: number, byteOffset: number): Uint8Array {
  try {
    return decodePlugin(id, bytes, sizeBytes);
  } catch (error) {
    if (error instanceof NotSupported) throw unsupported(error.message);
    if (error instanceof Damage) throw damaged(`cannot be decompressed (${error.message})`, byteOffset);
    throw error;
  }
}

async function inflatedChunk(bytes: Uint8Array, chunkBytes: number, byteOffset: number): Promise<Uint8Array> {
  try {
    return await inflated(bytes, { maxOutputLength: chunkBytes + CHECKSUM_BYTES });
  } catch (error) {
    throw damaged(`cannot be decompressed (${(error as Error).message})`, byteOffset);
  }
}

function withoutChecksum(bytes: Uint8Array, byteOffset: number): Uint8Array {
  if (bytes.length < CHECKSUM_BYTES) throw damaged("is shorter than its checksum", byteOffset);
  const values = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + values.length).getUint32(0, true);
  const sum = fletcher32(values);
  // Little-endian machines wrote it with the bytes of each half swapped, until 1.6.3.
  const swapped = ((sum & 0x00ff00ff) << 8) | ((sum >>> 8) & 0x00ff00ff);
  if (stored !== sum && stored !== swapped >>> 0) throw damaged("is damaged: its checksum is another one", byteOffset);
  return values;
}

function fletcher32(bytes: Uint8Array): number {
  let [low, high] = [0, 0];
  for (let i = 0; i < bytes.length; i += 2) {
    low = (low + ((bytes[i] << 8) | (bytes[i + 1] ?? 0))) % 65535;
    high = (high + low) % 65535;
  }
  return ((high << 16) | low) >>> 0;
}

function damaged(why: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", `a chunk of the HDF5 file ${why}`, { byteOffset });
}
