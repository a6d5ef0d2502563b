import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { LocalSourceStore, MemoryObjectStore, resolveSource } from "@sluice/object-store";
import { StoreSourceStore } from "@sluice/object-store/testing";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** `first/`, `second/` are roots, `outside/` is not. */
let base: string;
let store: LocalSourceStore;

beforeEach(async () => {
  base = await folders.create();
  for (const name of ["first/a/b", "second/a", "outside", "first-too"])
    await mkdir(join(base, name), { recursive: true });
  await writeFile(join(base, "first/a/1.json"), "first one");
  await writeFile(join(base, "second/a/1.json"), "second one");
  await writeFile(join(base, "second/a/2.json"), "second two");
  await writeFile(join(base, "outside/secret.json"), "secret");
  await writeFile(join(base, "first-too/secret.json"), "secret");
  store = await LocalSourceStore.open({ roots: [join(base, "first"), join(base, "second")] });
});
afterEach(() => store[Symbol.asyncDispose]());

async function contents(path: string): Promise<string> {
  const source = await resolveSource(store, path);
  const chunks = await Array.fromAsync(source.store.read(source.key));
  const target = new Uint8Array(source.sizeBytes);
  expect(await source.store.readInto(source.key, 0, target)).toBe(source.sizeBytes);
  expect(Buffer.concat(chunks).equals(target)).toBe(true);
  return Buffer.from(target).toString();
}

const refusal = { code: "path_refused", reason: expect.stringContaining("--import-root") };
const missing = { code: "file_not_found" };

describe("LocalSourceStore", () => {
  it("resolves absolute paths, and relative ones below the first root that has them", async () => {
    expect(await contents(join(base, "second/a/1.json"))).toBe("second one");
    expect(await contents("a/1.json")).toBe("first one");
    expect(await contents("./a/b/../1.json")).toBe("first one");
    expect(await contents("a/2.json")).toBe("second two");
  });

  it("tries a leading slash below the roots too, as for keys of a bucket", async () => {
    expect(await contents("/a/2.json")).toBe("second two");
    expect(await contents("//a/2.json")).toBe("second two");
    await expect(store.resolve("/a/none.json")).rejects.toMatchObject({
      ...refusal,
      reason: expect.stringContaining("not found below them"),
    });
  });

  it("gives the real path as key, the user's path for messages", async () => {
    await symlink(join(base, "second"), join(base, "first/link"));
    const source = await resolveSource(store, "link/a/2.json");
    expect(source).toMatchObject({ key: join(base, "second/a/2.json"), path: "link/a/2.json", sizeBytes: 10 });
  });

  it("opens roots that are links", async () => {
    await symlink(join(base, "outside"), join(base, "entrance"));
    await using linked = await LocalSourceStore.open({ roots: [join(base, "entrance")] });
    const key = join(base, "outside/secret.json");
    expect(await linked.resolve("secret.json")).toMatchObject({ key });
    expect(await linked.resolve(join(base, "entrance/secret.json"))).toMatchObject({ key });
    expect(await linked.resolve(key)).toMatchObject({ key });
  });

  it.each([
    ["an absolute path outside", () => join(base, "outside/secret.json")],
    ["a folder whose name begins like a root", () => join(base, "first-too/secret.json")],
    ["a path that climbs out", () => "../outside/secret.json"],
    [
      "an absolute path that climbs out",
      () => join(base, "first/a/../../outside/secret.json").replace("/outside", "/./outside"),
    ],
    ["a path that climbs out after a folder", () => `${base}/first/a/../../outside/secret.json`],
    ["a system file", () => "/etc/passwd"],
    ["a URL", () => "s3://bucket/a/1.json"],
    ["a file URL", () => `file://${base}/first/a/1.json`],
    ["a NUL character", () => "a/1.json\0.txt"],
    ["nothing", () => ""],
  ])("P1: refuses %s", async (_title, path) => {
    await expect(store.resolve(path())).rejects.toMatchObject({ ...refusal, at: { file: path() } });
  });

  it("P1: refuses links that lead outside, of files and of folders", async () => {
    await symlink(join(base, "outside/secret.json"), join(base, "first/file-link.json"));
    await symlink("../../outside", join(base, "first/a/folder-link"));
    await symlink(join(base, "first/file-link.json"), join(base, "first/link-to-link.json"));
    for (const path of ["file-link.json", "a/folder-link/secret.json", "link-to-link.json"]) {
      await expect(store.resolve(path)).rejects.toMatchObject(refusal);
    }
  });

  it("P1: refuses a key whose folder became a link after it was resolved", async () => {
    const { key } = await store.resolve("a/1.json");
    await rename(join(base, "first/a"), join(base, "first/moved"));
    await writeFile(join(base, "outside/1.json"), "secret");
    await symlink(join(base, "outside"), join(base, "first/a"));
    await expect(store.readInto(key, 0, new Uint8Array(6))).rejects.toMatchObject(refusal);
    expect(await store.stat(key)).toBeUndefined();
  });

  it("P1: refuses keys that it never gave", async () => {
    for (const key of [join(base, "outside/secret.json"), "a/1.json", `${base}/first/../outside/secret.json`]) {
      await expect(store.stat(key)).rejects.toMatchObject(refusal);
      await expect(store.readInto(key, 0, new Uint8Array(1))).rejects.toMatchObject(refusal);
      await expect(Array.fromAsync(store.list(key))).rejects.toMatchObject(refusal);
    }
  });

  it("P2: refuses folders, pipes and devices", async () => {
    await expect(store.resolve("a")).rejects.toMatchObject({
      ...refusal,
      reason: expect.stringContaining("no regular file"),
    });
    execFileSync("mkfifo", [join(base, "first/pipe.json")]);
    await expect(store.resolve("pipe.json")).rejects.toMatchObject(refusal);
    await expect(store.readInto(join(base, "first/pipe.json"), 0, new Uint8Array(1))).rejects.toMatchObject(missing);
    await using devices = await LocalSourceStore.open({ roots: ["/dev"] });
    await expect(devices.resolve("/dev/zero")).rejects.toMatchObject(refusal);
  });

  it("says that a file is missing", async () => {
    await expect(store.resolve("a/none.json")).rejects.toMatchObject({ ...missing, at: { file: "a/none.json" } });
    await expect(store.resolve(join(base, "first/none.json"))).rejects.toMatchObject(missing);
    await expect(store.resolve("a/1.json/below")).rejects.toMatchObject(missing);
    expect(await store.stat(join(base, "first/none.json"))).toBeUndefined();
  });

  it("reads the new file of a name that was resolved again", async () => {
    expect(await contents("a/1.json")).toBe("first one");
    await rm(join(base, "first/a/1.json"));
    await writeFile(join(base, "first/a/1.json"), "another, longer one");
    expect(await contents("a/1.json")).toBe("another, longer one");
  });

  it("lists files below a folder by their keys", async () => {
    const keys = await Array.fromAsync(store.list(join(base, "second/")), (info) => info.key);
    expect(keys).toEqual([join(base, "second/a/1.json"), join(base, "second/a/2.json")]);
  });

  it("writes and deletes nothing", async () => {
    await expect(store.put(join(base, "first/new"))).rejects.toMatchObject({ code: "unsupported" });
    await expect(store.delete([join(base, "first/a/1.json")])).rejects.toMatchObject({ code: "unsupported" });
  });

  it("without roots refuses everything, and a root must be a folder", async () => {
    await using closed = await LocalSourceStore.open({ roots: [] });
    await expect(closed.resolve("a/1.json")).rejects.toMatchObject({
      reason: expect.stringContaining("allowed: none"),
    });
    await expect(LocalSourceStore.open({ roots: [join(base, "none")] })).rejects.toThrow("import root");
    await expect(LocalSourceStore.open({ roots: [join(base, "first/a/1.json")] })).rejects.toThrow("no folder");
  });
});

describe("StoreSourceStore", () => {
  it("takes keys for paths, with or without a leading slash", async () => {
    const objects = new MemoryObjectStore();
    await objects.put("a/1.json", [new TextEncoder().encode("one")]);
    const sources = new StoreSourceStore(objects);
    expect(await sources.resolve("/a/1.json")).toMatchObject({ key: "a/1.json", sizeBytes: 3 });
    await expect(sources.resolve("a/2.json")).rejects.toMatchObject(missing);
  });
});
