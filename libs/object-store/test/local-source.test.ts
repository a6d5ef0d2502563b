import { execFileSync } from "node:child_process";
import { lstat, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { ImportError } from "@sluice/errors";
import { openSources, type SourceRef, Sources } from "@sluice/object-store";
import { foundFile } from "../src/local/file-version.ts";
import { LocalSource } from "../src/local/local-source.ts";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** `first/`, `second/` are roots, `outside/` is not. */
let base: string;
let sources: Sources;

beforeEach(async () => {
  base = await folders.create();
  for (const name of ["first/a/b", "second/a", "outside", "first-too"])
    await mkdir(join(base, name), { recursive: true });
  await writeFile(join(base, "first/a/1.json"), "first one");
  await writeFile(join(base, "second/a/1.json"), "second one");
  await writeFile(join(base, "second/a/2.json"), "second two");
  await writeFile(join(base, "outside/secret.json"), "secret");
  await writeFile(join(base, "first-too/secret.json"), "secret");
  sources = await sourcesBelow(join(base, "first"), join(base, "second"));
});
afterEach(async () => {
  await sources[Symbol.asyncDispose]();
});

async function sourcesBelow(...roots: string[]): Promise<Sources> {
  return new Sources([{ name: "files", isDefault: true, source: await LocalSource.open({ roots }) }]);
}

async function contentsOf(ref: SourceRef, from = sources): Promise<string> {
  await using file = await from.open(ref);
  const chunks = await Array.fromAsync(file.read());
  await file.check();
  return Buffer.concat(chunks).toString();
}

const contents = async (path: string) => contentsOf(await sources.find(path));

const refusal = { code: "path_refused", reason: expect.stringContaining("--import-root") };
const missing = { code: "file_not_found" };

describe("LocalSource", () => {
  it("resolves absolute paths, and relative ones below the first root that has them", async () => {
    expect(await contents(join(base, "second/a/1.json"))).toBe("second one");
    expect(await contents("a/1.json")).toBe("first one");
    expect(await contents("./a/b/../1.json")).toBe("first one");
    expect(await contents("a/2.json")).toBe("second two");
  });

  it("tries a leading slash below the roots too, as for keys of a bucket", async () => {
    expect(await contents("/a/2.json")).toBe("second two");
    expect(await contents("//a/2.json")).toBe("second two");
    await expect(sources.find("/a/none.json")).rejects.toMatchObject({
      ...refusal,
      reason: expect.stringContaining("not found below them"),
    });
  });

  it("gives the real path as key, the user's path for messages", async () => {
    await symlink(join(base, "second"), join(base, "first/link"));
    expect(await sources.find("link/a/2.json")).toMatchObject({
      key: join(base, "second/a/2.json"),
      path: "link/a/2.json",
      sizeBytes: 10,
    });
  });

  it("confined to a folder, reads nothing by a link that leads out of it, and no root whole", async () => {
    await writeFile(join(base, "first/secret.json"), "secret");
    await symlink(join(base, "first/secret.json"), join(base, "first/a/link.json"));
    await symlink(join(base, "first"), join(base, "first/a/up"));
    const confined = sources.confinedTo([join(base, "first/a")]);
    for (const path of ["a/1.json", join(base, "first/a/1.json"), join(base, "first/a/b/../1.json")])
      expect(await contentsOf(await confined.find(path), confined)).toBe("first one");
    const refused = { code: "path_denied", reason: expect.stringContaining("roles may import from") };
    for (const path of [
      "secret.json",
      "a/link.json",
      "a/up/secret.json",
      "a/../secret.json",
      join(base, "second/a/2.json"),
    ])
      await expect(confined.find(path)).rejects.toMatchObject(refused);
    await expect(Array.fromAsync(confined.list("a/"))).rejects.toMatchObject(refused);
    await expect(Array.fromAsync(confined.list("./"))).rejects.toMatchObject(refused);
  });

  it("opens roots that are links", async () => {
    await symlink(join(base, "outside"), join(base, "entrance"));
    await using linked = await sourcesBelow(join(base, "entrance"));
    const key = join(base, "outside/secret.json");
    for (const path of ["secret.json", join(base, "entrance/secret.json"), key]) {
      const ref = await linked.find(path);
      expect(ref).toMatchObject({ key });
      expect(await contentsOf(ref, linked)).toBe("secret");
    }
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
    await expect(sources.find(path())).rejects.toMatchObject({ ...refusal, at: { file: path() } });
  });

  it("P1: refuses links that lead outside, of files and of folders", async () => {
    await symlink(join(base, "outside/secret.json"), join(base, "first/file-link.json"));
    await symlink("../../outside", join(base, "first/a/folder-link"));
    await symlink(join(base, "first/file-link.json"), join(base, "first/link-to-link.json"));
    for (const path of ["file-link.json", "a/folder-link/secret.json", "link-to-link.json"]) {
      await expect(sources.find(path)).rejects.toMatchObject(refusal);
    }
  });

  it("P1: what was opened is asked where it lies, whatever its name has led to in between", async () => {
    const ref = await sources.find("a/1.json");
    await rename(join(base, "first/a"), join(base, "first/moved"));
    await writeFile(join(base, "outside/1.json"), "secret");
    await symlink(join(base, "outside"), join(base, "first/a"));
    const outside = foundFile(ref.key, await lstat(join(base, "outside/1.json"), { bigint: true }));
    await expect(sources.open(ref)).rejects.toMatchObject(refusal);
    await expect(sources.open({ ...ref, ...outside })).rejects.toMatchObject(refusal);
    await rm(join(base, "first/a"));
    await rename(join(base, "first/moved"), join(base, "first/a"));
    expect(await contentsOf(ref)).toBe("first one");
  });

  it("P1: refuses keys that it never gave", async () => {
    const ref = await sources.find("a/1.json");
    for (const key of [join(base, "outside/secret.json"), "a/1.json", `${base}/first/../outside/secret.json`])
      await expect(sources.open({ ...ref, key })).rejects.toMatchObject(refusal);
    await expect(Array.fromAsync(sources.list("../outside/"))).rejects.toMatchObject({ code: "path_refused" });
    await expect(Array.fromAsync(sources.list(join(base, "outside/")))).rejects.toMatchObject(refusal);
  });

  it("P3: reads on from what was opened when another file takes its name", async () => {
    await using file = await sources.open(await sources.find("a/1.json"));
    await writeFile(join(base, "first/new"), "other one");
    await rename(join(base, "first/new"), join(base, "first/a/1.json"));
    expect(Buffer.concat(await Array.fromAsync(file.read())).toString()).toBe("first one");
    await file.check();
  });

  it("P3: says how a file has changed", async () => {
    const ref = await sources.find("a/1.json");
    const open = async () => {
      await using file = await sources.open(ref);
      return file;
    };
    const failure = (how: RegExp) => ({
      code: "malformed_file",
      reason: expect.stringMatching(new RegExp(`^the file has changed since its import was requested: ${how.source}`)),
      at: { file: "a/1.json" },
    });
    await utimes(join(base, "first/a/1.json"), 1, 1);
    await expect(open()).rejects.toMatchObject(failure(/it was written again at 1970-01-01T00:00:01/));
    await writeFile(join(base, "first/new"), "other one");
    await rename(join(base, "first/new"), join(base, "first/a/1.json"));
    await expect(open()).rejects.toMatchObject(failure(/another file has its name/));
    await writeFile(join(base, "first/a/1.json"), "shorter");
    await expect(open()).rejects.toMatchObject(failure(/expected 9 bytes, found 7/));
  });

  it("tells strangers nothing of the machine's folders", async () => {
    for (const path of ["a/none.json", "../x", "/etc/passwd", "a", "s3://b/x"]) {
      const error = (await sources.find(path).catch((reason: unknown) => reason)) as ImportError;
      expect(error.reason).not.toContain(base);
      expect(error.reason).toContain(path === "a" ? "is a folder" : "--import-root");
    }
  });

  it("P2: refuses folders, pipes and devices", async () => {
    await expect(sources.find("a")).rejects.toMatchObject({
      code: "path_refused",
      reason: "the path is a folder, no file",
    });
    execFileSync("mkfifo", [join(base, "first/pipe.json")]);
    await expect(sources.find("pipe.json")).rejects.toMatchObject(refusal);
    const pipe = foundFile(join(base, "first/pipe.json"), await lstat(join(base, "first/pipe.json"), { bigint: true }));
    await expect(sources.open({ ...pipe, path: "pipe.json", source: "files" })).rejects.toMatchObject(missing);
    await using devices = await sourcesBelow("/dev");
    await expect(devices.find("/dev/zero")).rejects.toMatchObject(refusal);
  });

  it("says that a file is missing", async () => {
    await expect(sources.find("a/none.json")).rejects.toMatchObject({ ...missing, at: { file: "a/none.json" } });
    await expect(sources.find(join(base, "first/none.json"))).rejects.toMatchObject(missing);
    await expect(sources.find("a/1.json/below")).rejects.toMatchObject(missing);
  });

  it("reads the new file of a name that was resolved again", async () => {
    expect(await contents("a/1.json")).toBe("first one");
    await rm(join(base, "first/a/1.json"));
    await writeFile(join(base, "first/a/1.json"), "another, longer one");
    expect(await contents("a/1.json")).toBe("another, longer one");
  });

  it("lists files below a folder by paths that find them", async () => {
    const pathsOf = (prefix: string) => Array.fromAsync(sources.list(prefix), ({ path }) => path);
    expect(await pathsOf(join(base, "second/"))).toEqual([
      join(base, "second/a/1.json"),
      join(base, "second/a/2.json"),
    ]);
    expect(await pathsOf("a/2")).toEqual(["a/2.json"]);
    expect(await pathsOf("a/b/..")).toEqual([]);
  });

  it("P1: lists links to files as files, follows none to a folder, and refuses what leads outside", async () => {
    const list = (prefix: string) => Array.fromAsync(sources.list(prefix), ({ path, key }) => [path, key]);
    await symlink(join(base, "second/a"), join(base, "first/linked"));
    await symlink("../1.json", join(base, "first/a/b/one.json"));
    const real = join(base, "first/a/1.json");
    expect(await list("a/")).toEqual([
      ["a/1.json", real],
      ["a/b/one.json", real],
    ]);
    expect(await list("")).toHaveLength(2);
    expect(await list("linked/")).toHaveLength(2);
    await symlink(join(base, "outside/secret.json"), join(base, "first/a/b/secret.json"));
    await expect(list("a/")).rejects.toMatchObject({ ...refusal, at: { file: "a/b/secret.json" } });
    await symlink(join(base, "outside"), join(base, "first/out"));
    await expect(list("out/")).rejects.toMatchObject(refusal);
    await symlink("nowhere", join(base, "first/a/none"));
    await expect(list("a/none")).rejects.toMatchObject(missing);
  });

  it("tells whether its folders can be read, by the last part of their paths: the answer may reach strangers", async () => {
    await sources.check("files");
    await rename(join(base, "second"), join(base, "moved"));
    const reason = 'the import root "second" cannot be read: it is gone; bring it back, or start without it';
    await expect(sources.check("files")).rejects.toMatchObject({ code: "object_store_refused", reason });
    await writeFile(join(base, "second"), "a file");
    await expect(sources.check("files")).rejects.toThrow('the import root "second" cannot be read: it is no folder');
    await rm(join(base, "second"));
    await rename(join(base, "moved"), join(base, "second"));
    await sources.check("files");
  });

  it("without roots refuses everything, and a root must be a folder", async () => {
    await using closed = await sourcesBelow();
    await expect(closed.find("a/1.json")).rejects.toMatchObject(refusal);
    await using none = await openSources([]);
    await expect(none.find("a/1.json")).rejects.toMatchObject({ reason: expect.stringContaining("allowed: none") });
    await expect(sourcesBelow(join(base, "none"))).rejects.toThrow("none: there is no such folder; make it,");
    await expect(sourcesBelow(join(base, "first/a/1.json"))).rejects.toThrow("no folder");
  });
});
