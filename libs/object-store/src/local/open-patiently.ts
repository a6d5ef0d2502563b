import type { FileHandle } from "node:fs/promises";
import { Patience } from "../patience.ts";
import { isSystemError } from "../storage-error.ts";

/**
 * Opens a file, waiting while the process or the machine has too many open: others are closed sooner or later, and work waits
 * for that rather than fail.
 * @throws what `open` throws; when patience ends, that too many files are open
 */
export async function openPatiently(open: () => Promise<FileHandle>, signal?: AbortSignal): Promise<FileHandle> {
  const isTransient = (error: unknown) => isSystemError(error, "EMFILE", "ENFILE");
  const patience = new Patience({ isTransient, failure: (error) => error }, signal);
  for (;;) {
    try {
      return await open();
    } catch (error) {
      await patience.pause(error);
    }
  }
}
