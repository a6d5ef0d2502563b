import { mkdir, readdir, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isSystemError } from "../storage-error.ts";

/** A file that was not written for so long has no writer any more, on whatever machine it was. */
const abandonedAfterMs = 24 * 3_600_000;
const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, "_") || "host";
let counter = 0;

/**
 * Names of unfinished files in one folder: `<host>.<pid>.<n>`. Several processes, also on several machines, may share the
 * folder, so a start removes only what a process that is gone has left.
 */
export class TemporaryFiles {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Creates the folder when it is absent, and removes files whose writers are gone. @throws what the file system throws
   */
  static async open(folder: string): Promise<TemporaryFiles> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (await isAbandoned(path, name)) await removeIfPresent(path);
    }
    return new TemporaryFiles(folder);
  }

  /** A path that nobody else uses: threads of one process differ by the random part. */
  nextPath(): string {
    const random = Math.floor(Math.random() * 2 ** 32).toString(36);
    return join(this.folder, `${host}.${process.pid}.${counter++}-${random}`);
  }
}

/** A file that is gone already is no error; everything else that the file system throws is. */
export async function removeIfPresent(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return false; // Another start was faster.
  if (info.mtimeMs < Date.now() - abandonedAfterMs) return true;
  const [writerHost, pid] = name.split(".");
  if (writerHost !== host) return false;
  // A container starts its processes with the same number again: then the file is older than this process.
  if (Number(pid) === process.pid) return info.mtimeMs < Date.now() - process.uptime() * 1000 - 1000;
  return !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, "EPERM");
  }
}
