import { closeSync, fsync, openSync, writevSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { isSystemError } from "../storage-error.ts";
import { openPatiently } from "./open-patiently.ts";
import type { QuickCalls } from "./quick-calls.ts";
import { type VectoredWrite, writeAll } from "./write-all.ts";

const synced = promisify(fsync);

/** A file that is written, and open still. */
export interface WrittenFile extends AsyncDisposable {
  readonly fd: number;
  /** Resolves when the bytes are durable; folders are not synced. @throws what the file system throws */
  sync(): Promise<void>;
}

/**
 * Writes a new file through the page cache.
 * @param quick of small files; without it the pool does all
 * @throws what the file system throws, with the file left behind; the reason of the signal
 */
export async function writeBuffered(
  path: string,
  pieces: readonly Uint8Array[],
  quick: QuickCalls | undefined,
  signal?: AbortSignal,
): Promise<WrittenFile> {
  const file = openedAtOnce(path, quick) ?? ofPool(await openPatiently(() => open(path, "wx"), signal));
  try {
    await writeAll(pieces, file.write, signal);
    return file;
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

interface OpenFile extends WrittenFile {
  readonly write: VectoredWrite;
}

/** Undefined where the thread is not to wait, or too many files are open, for which there is patience elsewhere. */
function openedAtOnce(path: string, quick: QuickCalls | undefined): OpenFile | undefined {
  if (!quick?.areQuick) return undefined;
  let fd: number;
  try {
    fd = quick.run(() => openSync(path, "wx"));
  } catch (error) {
    if (isSystemError(error, "EMFILE", "ENFILE")) return undefined;
    throw error;
  }
  return {
    fd,
    write: async (batch, position) => quick.run(() => writevSync(fd, batch, position)),
    sync: () => synced(fd),
    [Symbol.asyncDispose]: async () => quick.run(() => closeSync(fd)),
  };
}

function ofPool(handle: FileHandle): OpenFile {
  return {
    fd: handle.fd,
    write: async (batch, position) => (await handle.writev(batch, position)).bytesWritten,
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
