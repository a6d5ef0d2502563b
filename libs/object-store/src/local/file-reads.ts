import type { FileHandle } from "node:fs/promises";
import { clipRange } from "../byte-range.ts";
import type { ByteRange } from "../object-store.ts";
import { readError } from "../storage-error.ts";
import type { FileHandles } from "./file-handles.ts";

/** Linux reads at most about 2 GiB in one call. */
const maxReadBytes = 1 << 30;
const chunkBytes = 1 << 20;

/** `ObjectStore.readInto` on open files. */
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
    return await fill(file.handle, position, target, signal);
  } catch (error) {
    throw readError(error, key);
  }
}

/** `ObjectStore.read` on open files: each chunk is memory of its own, at most 1 MiB; all are of one version of the file. */
export async function* readFileChunks(
  files: FileHandles,
  key: string,
  range?: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  try {
    using file = await files.open(key);
    const { start, end } = clipRange(range, (await file.handle.stat()).size);
    for (let at = start; at < end; ) {
      const chunk = new Uint8Array(Math.min(chunkBytes, end - at));
      const count = await fill(file.handle, at, chunk, signal);
      if (count === 0) return;
      yield chunk.subarray(0, count);
      at += count;
    }
  } catch (error) {
    throw readError(error, key);
  }
}

async function fill(handle: FileHandle, position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
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
