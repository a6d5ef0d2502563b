import { chmod, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SettingsError } from "@sluice/config";
import type { StandaloneSettings } from "./settings.ts";

/** Nobody but the user that the process runs as. */
const PRIVATE = 0o700;
/** The longest path of a socket in the file system that every system takes. Source: unix(7), 108 on Linux, 104 elsewhere. */
const SOCKET_PATH_BYTES = 100;
/** What names of sockets need behind their folder. */
const SOCKET_NAME_BYTES = 16;

/**
 * The data folder, and the folders that were given, or the current one and `bucket/` in the data folder, which is made. A
 * data folder that is made is private; one that was there stays as it is, and state and segments in it are private.
 * @throws {SettingsError} when the data folder cannot be made
 */
export async function openFolders(settings: StandaloneSettings): Promise<{ dataDir: string; importRoot: string[] }> {
  const dataDir = resolve(settings.dataDir);
  await makeDataFolder(dataDir);
  for (const name of settings.s3 ? ["meta"] : ["meta", "storage"]) await makePrivate(join(dataDir, name));
  if (settings.importRoot?.length || settings.s3)
    return { dataDir, importRoot: (settings.importRoot ?? []).map((root) => resolve(root)) };
  const bucket = join(dataDir, "bucket");
  await mkdir(bucket, { recursive: true });
  return { dataDir, importRoot: [process.cwd(), bucket] };
}

async function makeDataFolder(dataDir: string): Promise<void> {
  try {
    await makeWithParents(dataDir);
  } catch (error) {
    throw new SettingsError([`setting data-dir: cannot make the folder ${dataDir}: ${whyNot(error)}`]);
  }
}

/** Level by level: Node's own `recursive` never ends below a file system that makes no folders, such as /proc. */
async function makeWithParents(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: PRIVATE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(folder) !== folder) {
      await makeWithParents(dirname(folder));
      await mkdir(folder, { mode: PRIVATE });
    } else if (code !== "EEXIST" || !(await stat(folder)).isDirectory()) throw error;
  }
}

function whyNot(error: unknown): string {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") return "a file is in its place";
  if (code === "EACCES" || code === "EPERM") return "the process may not write there";
  return code === "ENOENT" ? "the file system there makes no folders" : code;
}

async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE });
  // On volumes whose owner is another, and that a group shares, its owner has decided.
  await chmod(folder, PRIVATE).catch(() => undefined);
}

/**
 * A private folder for the sockets on which the roles meet: whoever may not enter it cannot connect. No port is open for
 * them, no secret has to be kept. It lies in the data folder, unless that has too long a path for sockets.
 */
export async function openSocketFolder(dataDir: string): Promise<AsyncDisposable & { readonly path: string }> {
  const wanted = join(dataDir, `run-${process.pid}`);
  await removeStale(dataDir);
  const fits = Buffer.byteLength(wanted) + SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES;
  if (fits) await mkdir(wanted, { mode: PRIVATE });
  const path = fits ? wanted : await mkdtemp(join(tmpdir(), "sluice-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What processes have left that were killed. */
async function removeStale(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number(/^run-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) await rm(join(dataDir, name), { recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
