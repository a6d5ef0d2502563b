import { afterAll, describe, expect, it } from "@jest/globals";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { open } from "lmdb";
import { isRunning, thisProcess } from "../src/embedded/owner.ts";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** Changes what the store keeps about itself, as another program would have left it. */
async function setStoreValue(path: string, key: string, value: string): Promise<void> {
  const root = open({ path, noSubdir: false, maxDbs: 4, encoding: "string" });
  await root.openDB<string, string>("store", { encoding: "string" }).put(key, value);
  await root.close();
}

describe("EmbeddedMetaStore", () => {
  it("finds records and revisions again, in a folder that it created", async () => {
    const path = `${await folders.create()}/not/there/yet`;
    const first = await EmbeddedMetaStore.open({ path });
    const revision = await first.commit({ guards: [], writes: [{ key: "k", value: "kept" }] });
    await first[Symbol.asyncDispose]();
    await using second = await EmbeddedMetaStore.open({ path });
    expect(await second.get("k")).toEqual({ key: "k", value: "kept", revision });
    expect(await second.commit({ guards: [], writes: [{ key: "k", value: "new" }] })).toBeGreaterThan(revision!);
  });

  it("M1: refuses a folder that a running process holds, until it lets go", async () => {
    const path = await folders.create();
    const holder = await EmbeddedMetaStore.open({ path });
    await expect(EmbeddedMetaStore.open({ path })).rejects.toThrow(`is in use by process ${process.pid} on `);
    await holder.commit({ guards: [], writes: [{ key: "k", value: "still works" }] });
    await holder[Symbol.asyncDispose]();
    await using next = await EmbeddedMetaStore.open({ path });
    expect((await next.get("k"))?.value).toBe("still works");
  });

  it.each([
    ["another boot", { bootId: "another" }],
    ["an earlier process of the same number", { startTicks: "1" }],
    ["a process that is gone", { pid: 2 ** 30 }],
  ])("M1: takes the folder over from %s", async (_title, change) => {
    const path = await folders.create();
    await setStoreValue(path, "owner", JSON.stringify({ ...thisProcess(), ...change }));
    await using store = await EmbeddedMetaStore.open({ path });
    expect(await store.get("k")).toBeUndefined();
  });

  it("forgets keys that were held by a process that is gone, and nothing else", async () => {
    const path = await folders.create();
    const crashed = await EmbeddedMetaStore.open({ path });
    const { signal } = new AbortController();
    await crashed.hold({ key: "leader", value: "of the first", ttlMs: 1000, signal });
    await crashed.commit({ guards: [], writes: [{ key: "leader/other", value: "a record" }] });
    await crashed[Symbol.asyncDispose](); // Nothing was released, as in a crash.
    await using next = await EmbeddedMetaStore.open({ path });
    expect(await next.get("leader")).toBeUndefined();
    expect((await next.get("leader/other"))?.value).toBe("a record");
    await using held = await next.hold({ key: "leader", value: "of the second", ttlMs: 1000, signal });
    expect(await next.commit({ guards: [held!.guard], writes: [] })).toBeDefined();
  });

  it("refuses the layout of a newer program", async () => {
    const path = await folders.create();
    await setStoreValue(path, "layout", "2");
    await expect(EmbeddedMetaStore.open({ path })).rejects.toThrow("has layout 2, this program knows layout 1");
  });

  it("commits what is in flight before it closes", async () => {
    const path = await folders.create();
    const store = await EmbeddedMetaStore.open({ path });
    const commits = Array.from({ length: 50 }, (_, i) =>
      store.commit({ guards: [], writes: [{ key: `k/${i}`, value: "v" }] }),
    );
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose](); // A second time is no error.
    expect(new Set(await Promise.all(commits)).size).toBe(50);
    await using again = await EmbeddedMetaStore.open({ path });
    expect(await Array.fromAsync(again.scan("k/"))).toHaveLength(50);
  });

  it("recognizes this process as running", () => {
    expect(isRunning(thisProcess())).toBe(true);
  });
});
