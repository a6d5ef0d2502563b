import { statfs } from "node:fs/promises";
import { ImportError } from "@sluice/errors";

/** Where no more is left, a write that lmdb got only a part of has met the end of the disk. */
const HARDLY_ANY_BYTES = 16 << 20;

/** What lmdb says is a promise beside the error, which nobody else hears (M4). */
export function commitErrorOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  return commitError ? commitError.catch((reason: unknown) => reason) : Promise.resolve(error);
}

/** What is left of the disk of a folder, for who may not use the system's reserve; 0 when even that is not to be had. */
export async function freeBytesOf(folder: string): Promise<number> {
  const left = await statfs(folder).catch(() => undefined);
  return left === undefined ? 0 : left.bavail * left.bsize;
}

/**
 * A full disk is somebody's to mend, so that its words go through to whoever asked; others are for the log.
 *
 * A write of which only a part found room is an input/output error of lmdb's. Source: `mdb.c`, "short write".
 */
export function refusalOf(cause: unknown, freeBytes: number): Error {
  const { message } = cause as Error;
  const isFull =
    /no space left|ENOSPC/i.test(message) ||
    (/input\/output error|\bEIO\b/i.test(message) && freeBytes < HARDLY_ANY_BYTES);
  if (isFull)
    return new ImportError("internal", "the metastore could not commit: no space is left on its disk", undefined, {
      cause,
    });
  return new Error(`the metastore could not commit: ${message}`, { cause });
}
