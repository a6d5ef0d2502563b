import { existsSync } from "node:fs";
import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { LocalObjectStore } from "@sluice/object-store";
import { QuickCalls } from "../src/local/quick-calls.ts";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const text = (value: string) => new TextEncoder().encode(value);

async function open() {
  const root = await folders.create();
  return { root, store: await LocalObjectStore.open({ root }) };
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

describe("LocalObjectStore", () => {
  it("finds its objects again, in a folder that it created", async () => {
    const root = join(await folders.create(), "new/folder");
    const first = await LocalObjectStore.open({ root });
    await first.put("a/b", [text("kept")]);
    await first[Symbol.asyncDispose]();
    await using second = await LocalObjectStore.open({ root });
    expect((await readAll(second.read("a/b"))).toString()).toBe("kept");
  });

  it("L1: leaves no unfinished file, also when a put fails or is aborted", async () => {
    const { root, store } = await open();
    await using _ = store;
    await store.put("x", [text("an object")]);
    await expect(store.put("x/y", [text("below an object")])).rejects.toMatchObject({
      code: "object_store_refused",
      reason: expect.stringContaining("a key is the folder of another"),
    });
    const abort = new AbortController();
    const large = Array.from({ length: 4096 }, () => new Uint8Array(1024));
    const putting = store.put("large", large, abort.signal);
    abort.abort(new Error("stopped"));
    await expect(putting).rejects.toThrow("stopped");
    expect(await readdir(join(root, ".tmp"))).toEqual([]);
    expect(await Array.fromAsync(store.list(""), (info) => info.key)).toEqual(["x"]);
  });

  it("L3: removes folders that a delete emptied, and keeps the others", async () => {
    const { root, store } = await open();
    await using _ = store;
    await store.put("a/b/c/1", [text("1")]);
    await store.put("a/2", [text("2")]);
    await store.delete(["a/b/c/1"]);
    expect(existsSync(join(root, "a/b"))).toBe(false);
    expect(existsSync(join(root, "a"))).toBe(true);
    await store.delete(["a/2"]);
    expect(await readdir(root)).toEqual([".tmp"]);
  });

  it.each([true, false])(
    "L3: puts into folders that deletes empty meanwhile (waits for quick calls: %s)",
    async (areQuick) => {
      using _quick = jest.spyOn(QuickCalls.prototype, "areQuick", "get").mockReturnValue(areQuick);
      const { root, store } = await open();
      await using _ = store;
      const putAndDelete = async (i: number) => {
        for (let n = 0; n < 120; n++) {
          await store.put(`a/b/c/${i % 2}/d/${i}`, [text("here")]);
          await store.delete([`a/b/c/${i % 2}/d/${i}`]);
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, i) => putAndDelete(i)));
      expect(await readdir(root)).toEqual([".tmp"]);
    },
  );

  it("reads one version of an object to its end while it is replaced", async () => {
    const { store } = await open();
    await using _ = store;
    const version = (fill: number) => [new Uint8Array(3 << 20).fill(fill)];
    await store.put("k", version(1));
    const seen = new Set<number>();
    let replaced = false;
    for await (const chunk of store.read("k")) {
      for (const byte of [chunk[0], chunk.at(-1)!]) seen.add(byte);
      if (!replaced) await store.put("k", version(2));
      replaced = true;
    }
    expect([...seen]).toEqual([1]);
    expect((await readAll(store.read("k", { start: 0, end: 1 })))[0]).toBe(2);
  });

  it("keeps many objects readable at once with few open files", async () => {
    const { store } = await open();
    await using _ = store;
    const keys = Array.from({ length: 300 }, (_unused, i) => `k/${i}`);
    await Promise.all(keys.map((key) => store.put(key, [text(key)])));
    for (let round = 0; round < 2; round++) {
      const texts = await Promise.all(keys.map(async (key) => (await readAll(store.read(key))).toString()));
      expect(texts).toEqual(keys);
    }
    expect((await readdir("/proc/self/fd").catch(() => [])).length).toBeLessThan(250);
  });

  it("refuses keys in the folder of unfinished objects, and lists none of them", async () => {
    const { root, store } = await open();
    await using _ = store;
    await expect(store.put(".tmp/x", [text("x")])).rejects.toMatchObject({ code: "internal" });
    await writeFile(join(root, ".tmp/left"), "x");
    expect(await Array.fromAsync(store.list(""))).toEqual([]);
  });

  it("does not take links for objects", async () => {
    const { root, store } = await open();
    await using _ = store;
    const secret = join(await folders.create(), "secret");
    await writeFile(secret, "secret");
    await symlink(secret, join(root, "link"));
    expect(await store.stat("link")).toBeUndefined();
    await expect(readAll(store.read("link"))).rejects.toMatchObject({ code: "file_not_found" });
    expect(await Array.fromAsync(store.list(""))).toEqual([]);
  });

  it("removes unfinished files of writers that are gone, and no others", async () => {
    const root = await folders.create();
    const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, "_");
    const dead = 2 ** 30;
    await mkdir(join(root, ".tmp"));
    const write = async (name: string, ageMs: number) => {
      const path = join(root, ".tmp", name);
      await writeFile(path, "x");
      await utimes(path, new Date(), new Date(Date.now() - ageMs));
    };
    await write(`${host}.${dead}.0-a`, 0);
    await write(`${host}.${process.pid}.0-b`, 30 * 86_400_000);
    await write(`${host}.${process.pid}.1-c`, 0);
    await write(`${host}.${process.ppid}.0-d`, 0);
    await write(`elsewhere.${dead}.0-e`, 3_600_000);
    await write(`elsewhere.${dead}.1-f`, 25 * 3_600_000);
    await using _ = await LocalObjectStore.open({ root });
    const left = (await readdir(join(root, ".tmp"))).map((name) => name.at(-1)).sort();
    expect(left).toEqual(["c", "d", "e"]);
  });

  it("names the disk as the culprit when it is full", async () => {
    if (!existsSync("/dev/full")) return;
    const { storageError } = await import("../src/storage-error.ts");
    const full = await writeFile("/dev/full", "x").catch((error: unknown) => storageError(error, 'write object "k"'));
    expect(full).toBeInstanceOf(ImportError);
    expect(full).toMatchObject({
      code: "object_store_refused",
      reason: 'cannot write object "k": no space left on the disk (ENOSPC)',
      cause: expect.objectContaining({ code: "ENOSPC" }),
    });
  });

  it("reports a folder that is none", async () => {
    const path = join(await folders.create(), "file");
    await writeFile(path, "x");
    await expect(LocalObjectStore.open({ root: path })).rejects.toMatchObject({ code: "object_store_refused" });
  });

  it("refuses to work after it was closed", async () => {
    const { store } = await open();
    await store.put("k", [text("x")]);
    await readAll(store.read("k"));
    await store[Symbol.asyncDispose]();
    await expect(store.readInto("k", 0, new Uint8Array(1))).rejects.toThrow("closed");
  });
});
