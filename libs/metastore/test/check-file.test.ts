import { copyFile, cp, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { open as openLmdb } from "lmdb";
import { checkDataFile } from "../src/embedded/check-file.ts";

/** Many small records, a few long ones (overflow pages), and some that went: all kinds of pages. */
async function fill(path: string): Promise<void> {
  await using store = await EmbeddedMetaStore.open({ path });
  for (let round = 0; round < 20; round++) {
    const small = Array.from({ length: 50 }, (_, i) => ({ key: `job/${round}/${i}`, value: "x".repeat(i * 10) }));
    await store.commit({ guards: [], writes: [...small, { key: `long/${round}`, value: "y".repeat(20_000) }] });
    const gone = Array.from({ length: 10 }, (_, i) => ({ key: `job/${round}/${i}`, value: undefined }));
    await store.commit({ guards: [], writes: gone });
  }
}

describe("a data file of lmdb", () => {
  let root: string;
  let whole: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sluice-check-"));
    whole = join(root, "whole");
    await fill(whole);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  let count = 0;
  async function copy(): Promise<string> {
    const folder = join(root, `copy-${count++}`);
    await cp(whole, folder, { recursive: true });
    return folder;
  }
  const refusal = (folder: string) =>
    expect(EmbeddedMetaStore.open({ path: folder })).rejects.toThrow(
      new RegExp(`the state in .*${folder.slice(-6)}/data.mdb is damaged: .*move it away`),
    );

  it("that is whole passes, and is opened", async () => {
    checkDataFile(join(whole, "data.mdb"));
    await using store = await EmbeddedMetaStore.open({ path: await copy() });
    expect((await store.get("long/3"))?.value).toHaveLength(20_000);
  });

  it("that is shorter than its last page says is whole: lmdb does not write a page that was given back at once", async () => {
    const folder = await copy();
    const lmdb = openLmdb<Buffer, string>({
      path: folder,
      noSubdir: false,
      encoding: "binary",
      overlappingSync: false,
    });
    const long = (key: string, bytes: number) => lmdb.putSync(key, Buffer.alloc(bytes));
    // Pages that went two transactions ago are taken again; then what is given back is kept for the next one, unwritten.
    for (let round = 0; round < 4; round++) {
      lmdb.transactionSync(() => long("a", 60_000));
      lmdb.transactionSync(() => lmdb.removeSync("a"));
    }
    lmdb.transactionSync(() => {
      long("b", 9_000);
      long("c", 2_000_000);
      lmdb.removeSync("c");
    });
    await lmdb.close();
    expect((await readFile(join(folder, "data.mdb"))).length).toBeLessThan(2_000_000);
    await using store = await EmbeddedMetaStore.open({ path: folder });
    await store.commit({ guards: [], writes: [{ key: "after", value: "z".repeat(1_000_000) }] });
    expect((await store.get("after"))?.value).toHaveLength(1_000_000);
    expect((await store.get("long/3"))?.value).toHaveLength(20_000);
  });

  it.each([0, 100, 4096, 8192, 20_000, 100_000])("that was cut to %d bytes is refused", async (bytes) => {
    const folder = await copy();
    await truncate(join(folder, "data.mdb"), bytes);
    await refusal(folder);
  });

  it("that was overwritten is refused", async () => {
    const folder = await copy();
    const size = (await readFile(join(folder, "data.mdb"))).length;
    await writeFile(join(folder, "data.mdb"), Buffer.alloc(size, 0x5a));
    await refusal(folder);
  });

  it("with any page in use overwritten is refused, and opens otherwise", async () => {
    const size = (await readFile(join(whole, "data.mdb"))).length;
    let refused = 0;
    for (let page = 2; page < size / 4096; page++) {
      const path = join(root, "one.mdb");
      await copyFile(join(whole, "data.mdb"), path);
      const file = await open(path, "r+");
      await file.write(Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
      await file.close();
      try {
        checkDataFile(path);
      } catch {
        refused++;
      }
    }
    // The rest are free pages, and the inner ones of long values, which lmdb never follows.
    expect(refused).toBeGreaterThan(15);
  });
});
