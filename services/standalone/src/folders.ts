import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SettingsError } from "@sluice/config";
import type { StandaloneSettings } from "./settings.ts";

/** Nobody but the user that the process runs as. */
const PRIVATE = 0o700;
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
