import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders of one test file, removed together. */
export class TemporaryFolders {
  readonly #folders: string[] = [];

  async create(): Promise<string> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-metastore-")));
    this.#folders.push(folder);
    return folder;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
