import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders of one test file, removed together. */
export class TemporaryFolders implements AsyncDisposable {
  readonly #folders: string[] = [];

  /** Below the system's folder for temporary files, by its real path. */
  async create(): Promise<string> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-test-")));
    this.#folders.push(folder);
    return folder;
  }

  /** A data folder and an import root for one server. */
  async createPair(): Promise<{ readonly dataDir: string; readonly importRoot: string }> {
    const folder = await this.create();
    const pair = { dataDir: join(folder, "data"), importRoot: join(folder, "files") };
    for (const path of Object.values(pair)) await mkdir(path);
    return pair;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 3 })));
  }
}
