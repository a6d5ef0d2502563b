import type { SourceFile } from "@sluice/object-store";
import { Damage, damageError } from "@sluice/parquet";
import { MAX_BAND_BYTES } from "../chunked-rows.ts";
import { type BytesCodec, decodeBytes } from "./codecs.ts";
import type { Shards, ZarrArray } from "./metadata.ts";

/** Of a chunk in a shard: where it lies, and its length, 64 bits each. */
const ENTRY_BYTES = 16;
const CHECKSUM_BYTES = 4;
/** What stands for a chunk that was never written. */
const ABSENT = 0xffffffff;
/** Of an index that is held. */
const MAX_INDEX_BYTES = 16 << 20;

/** The bytes of a chunk as they are stored; undefined where it was never written. */
export type StoredChunks = (place: readonly number[], signal: AbortSignal) => Promise<StoredChunk | undefined>;

/** A chunk as it is stored, and where: a file of its own, or a part of a shard. */
export interface StoredChunk {
  readonly file: SourceFile;
  readonly bytes: Uint8Array;
  readonly byteOffset: number;
}

/** @param fileOf the file of a name below the array's folder */
export function storedChunks(array: ZarrArray, fileOf: (key: string) => SourceFile | undefined): StoredChunks {
  const { shards, keyOf } = array;
  if (shards) return shardedChunks(shards, (place) => fileOf(keyOf(place)));
  return async (place, signal) => {
    const file = fileOf(keyOf(place));
    return file && { file, bytes: await readPart(file, 0, file.sizeBytes, signal), byteOffset: 0 };
  };
}

function shardedChunks(shards: Shards, fileOf: (place: readonly number[]) => SourceFile | undefined): StoredChunks {
  const { counts } = shards;
  let known: { readonly id: string; readonly shard: Promise<OpenShard> } | undefined;
  return async (place, signal) => {
    const shardPlace = place.map((at, i) => Math.floor(at / counts[i]));
    const file = fileOf(shardPlace);
    if (!file) return undefined;
    const id = shardPlace.join();
    if (known?.id !== id) known = { id, shard: openShard(file, shards, signal) };
    const { index, part } = await known.shard;
    const at = place.reduce((sum, k, i) => sum * counts[i] + (k % counts[i]), 0) * ENTRY_BYTES;
    const isLittle = !shards.isIndexBig;
    const [offset, length] = [numberAt(index, at, isLittle), numberAt(index, at + 8, isLittle)];
    if (offset === undefined || length === undefined) return undefined;
    return { file, bytes: await part(offset, length, signal), byteOffset: offset };
  };
}

interface OpenShard {
  readonly index: DataView;
  readonly part: ReadPart;
}
type ReadPart = (position: number, bytes: number, signal: AbortSignal) => Promise<Uint8Array>;

async function openShard(file: SourceFile, shards: Shards, signal: AbortSignal): Promise<OpenShard> {
  const whole = shards.wholeCodecs.length > 0 ? await wholeShard(file, shards, signal) : undefined;
  const part: ReadPart = whole
    ? async (position, bytes) => partOf(whole, position, bytes, file)
    : (position, bytes, partSignal) => readPart(file, position, bytes, partSignal);
  return { index: await readIndex(file, shards, part, whole?.length ?? file.sizeBytes, signal), part };
}

/** What was put through a step as a whole has to be undone as a whole. */
async function wholeShard(file: SourceFile, { wholeCodecs }: Shards, signal: AbortSignal): Promise<Uint8Array> {
  return decoded(wholeCodecs, await readPart(file, 0, file.sizeBytes, signal), undefined, file, 0);
}

async function readIndex(
  file: SourceFile,
  shards: Shards,
  part: ReadPart,
  shardBytes: number,
  signal: AbortSignal,
): Promise<DataView> {
  const bytes = shards.counts.reduce((product, count) => product * count, ENTRY_BYTES);
  const stored = bytes + CHECKSUM_BYTES * shards.indexCodecs.length;
  if (stored > MAX_INDEX_BYTES) throw located(file, new Damage(`its index would take ${stored} bytes`), 0);
  const position = shards.isIndexFirst ? 0 : shardBytes - stored;
  const index = decoded(shards.indexCodecs, await part(position, stored, signal), bytes, file, position);
  return new DataView(index.buffer, index.byteOffset, index.byteLength);
}

function partOf(whole: Uint8Array, position: number, bytes: number, file: SourceFile): Uint8Array {
  if (position >= 0 && position + bytes <= whole.length) return whole.subarray(position, position + bytes);
  throw located(file, new Damage(`its ${whole.length} bytes, decompressed, end before what it should hold`), 0);
}

/** Undefined for what stands where nothing is. */
function numberAt(view: DataView, at: number, isLittle: boolean): number | undefined {
  const [first, second] = [view.getUint32(at, isLittle), view.getUint32(at + 4, isLittle)];
  const [low, high] = isLittle ? [first, second] : [second, first];
  return low === ABSENT && high === ABSENT ? undefined : low + high * 2 ** 32;
}

async function readPart(file: SourceFile, position: number, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const isInside = position >= 0 && position + bytes <= file.sizeBytes;
  if (!isInside) throw located(file, new Damage(`it ends at byte ${file.sizeBytes}, before what it should hold`), 0);
  if (bytes > 2 * MAX_BAND_BYTES) throw located(file, new Damage(`a chunk takes ${bytes} bytes`), position);
  const target = new Uint8Array(bytes);
  const count = await file.readInto(position, target, signal);
  if (count < bytes) throw located(file, new Damage("it has become shorter"), position + count);
  return target;
}

/** @param size of what comes out, where it is known @throws {ImportError} with the file and the byte */
export function decoded(
  codecs: readonly BytesCodec[],
  bytes: Uint8Array,
  size: number | undefined,
  file: SourceFile,
  byteOffset: number,
): Uint8Array {
  try {
    return decodeBytes(codecs, bytes, size);
  } catch (error) {
    throw located(file, error, byteOffset);
  }
}

function located({ path }: SourceFile, error: unknown, byteOffset: number): unknown {
  return damageError(error, "a chunk of the zarr store", { file: path, byteOffset });
}
