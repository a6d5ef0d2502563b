import type { FileHandle } from "node:fs/promises";
import { clipRange } from "../byte-range.ts";
import type { ByteRange } from "../object-store.ts";
import { readError } from "../storage-error.ts";
import type { FileHandles } from "./file-handles.ts";

/** Linux reads at most about 2 GiB in one call. */
const maxReadBytes = 1 << 30;
const chunkBytes = 1 << 20;

/** `ObjectReads.readInto` on open files. */
export async function readFileInto(
  files: FileHandles,
  key: string,
  position: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<number> {
  signal?.throwIfAborted();
  try {
    using file = await files.open(key);
    return await fillFrom(file.handle, position, target, signal);
  } catch (error) {
    throw readError(error, key);
  }
}

/** `ObjectReads.read` on open files; all chunks are of one version of the file. */
export async function* readFileChunks(
  files: FileHandles,
  key: string,
  range?: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  try {
    using file = await files.open(key);
    yield* readChunks(file.handle, (await file.handle.stat()).size, range, signal);
  } catch (error) {
    throw readError(error, key);
  }
}

/** The bytes of `range`, each chunk in memory of its own, at most 1 MiB. Ends early where the file does. */
export async function* readChunks(
  handle: FileHandle,
  sizeBytes: number,
  range?: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { start, end } = clipRange(range, sizeBytes);
  signal?.throwIfAborted();
  for (let at = start; at < end; ) {
    const chunk = new Uint8Array(Math.min(chunkBytes, end - at));
    const count = await fillFrom(handle, at, chunk, signal);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}

/** Fills `target` from `position` on; resolves to fewer bytes only where the file ends. */
export async function fillFrom(
  handle: FileHandle,
  position: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<number> {
  signal?.throwIfAborted();
  let filled = 0;
  while (filled < target.byteLength) {
    signal?.throwIfAborted();
    const length = Math.min(target.byteLength - filled, maxReadBytes);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
