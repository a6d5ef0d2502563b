import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type FoundFile, isFolder, type ListOptions, type Source, type SourceFile } from "../source.ts";
import { Sources } from "../sources/sources.ts";

/** A source with what stands behind it, which others write and the source only reads. */
export interface SourceFixture extends AsyncDisposable {
  readonly source: Source;
  /** Another source on the same storage, as another process would open it. */
  readonly another: Source;
  /** Writes a file in place, so that its time differs from that of an earlier one. @param key its parts between slashes */
  write(key: string, bytes: Uint8Array): Promise<void>;
  /** Deletes a file behind the source's back. */
  remove(key: string): Promise<void>;
  /** How it refuses paths that lead outside; by default as `Sources` puts it, with what opens more. */
  readonly refusal?: RegExp;
}

const OPENS_MORE = /\(allowed: .*--import-root.*--source/;

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 8)) % 251);
const text = (value: string) => new TextEncoder().encode(value);
const changed = { code: "malformed_file", reason: expect.stringMatching(/^the file has changed since its import was/) };

/** A source that is confined says of paths that lie nowhere, too, that they are not for the caller. */
function refusalCode({ refusal }: SourceFixture) {
  return refusal ? expect.stringMatching(/^path_(denied|refused)$/) : "path_refused";
}

async function readAll(file: SourceFile): Promise<Buffer> {
  const whole = Buffer.concat(await Array.fromAsync(file.read()));
  await file.check();
  return whole;
}

/**
 * What every adapter of `Source` must do. `open` gives a source without files each time; the suite disposes of it.
 * @param backend name of the adapter in the titles
 */
export function sourceConformance(backend: string, open: () => Promise<SourceFixture>): void {
  describe(`Source conformance on ${backend}`, () => {
    let fixture: SourceFixture;
    let sources: Sources;
    beforeEach(async () => {
      fixture = await open();
      sources = new Sources([{ name: "one", isDefault: true, source: fixture.source }]);
    });
    afterEach(async () => {
      await fixture[Symbol.asyncDispose]();
    });

    it("finds a file by its path, with or without a leading slash, and opens it", async () => {
      await fixture.write("a/1.json", bytes);
      for (const path of ["a/1.json", "/a/1.json", "one://a/1.json"]) {
        const ref = await sources.find(path);
        expect(ref).toMatchObject({ path, source: "one", sizeBytes: 5000, version: expect.stringMatching(/./) });
        await using file = await sources.open(ref);
        expect(file).toMatchObject({ path, sizeBytes: 5000, version: ref.version });
        expect(Buffer.compare(await readAll(file), bytes)).toBe(0);
      }
    });

    it("opens elsewhere what was found here, from plain data", async () => {
      await fixture.write("a/1.json", bytes);
      const ref = JSON.parse(JSON.stringify(await sources.find("a/1.json")));
      await using file = await new Sources([{ name: "one", isDefault: false, source: fixture.another }]).open(ref);
      expect(await readAll(file)).toHaveLength(5000);
    });

    it("readInto fills exactly, short only at the end", async () => {
      await fixture.write("k", bytes);
      await using file = await sources.open(await sources.find("k"));
      const memory = new Uint8Array(3000).fill(255);
      expect(await file.readInto(1000, memory.subarray(500, 2500))).toBe(2000);
      expect(Buffer.compare(memory.subarray(500, 2500), bytes.subarray(1000, 3000))).toBe(0);
      expect([memory[499], memory[2500]]).toEqual([255, 255]);
      expect(await file.readInto(4990, memory)).toBe(10);
      expect(await file.readInto(5000, memory)).toBe(0);
      expect(await file.readInto(60_000, memory)).toBe(0);
      const shared = new Uint8Array(new SharedArrayBuffer(64), 16, 40);
      expect(await file.readInto(0, shared)).toBe(40);
    });

    it("reads at many places at once, where it says that it can", async () => {
      await fixture.write("k", bytes);
      await using file = await sources.open(await sources.find("k"));
      expect(file.supports.randomAccess).toBe(true);
      const parts = Array.from({ length: 10 }, () => new Uint8Array(500));
      await Promise.all(parts.map((part, i) => file.readInto(i * 500, part)));
      expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
    });

    it("reads ranges, clipped at the end, and empty files", async () => {
      await fixture.write("k", bytes);
      await fixture.write("empty", new Uint8Array(0));
      await using file = await sources.open(await sources.find("k"));
      for (const [start, end] of [
        [0, 5000],
        [17, 3900],
        [4999, 9000],
        [5000, 6000],
        [7, 7],
      ]) {
        const got = Buffer.concat(await Array.fromAsync(file.read({ start, end })));
        expect(Buffer.compare(got, bytes.subarray(start, end))).toBe(0);
      }
      await using empty = await sources.open(await sources.find("empty"));
      expect(await readAll(empty)).toHaveLength(0);
    });

    it("says that a file is missing", async () => {
      for (const path of ["no/such", "none.json"])
        await expect(sources.find(path)).rejects.toMatchObject({ code: "file_not_found", at: { file: path } });
      await fixture.write("gone", text("x"));
      const ref = await sources.find("gone");
      await fixture.remove("gone");
      await expect(readWhole(ref)).rejects.toMatchObject({ code: "file_not_found", at: { file: "gone" } });
    });

    it.each([
      ["written again, as long", text("other one"), false],
      ["replaced, as long", text("other one"), true],
      ["cut short", text("fir"), false],
      ["longer", text("first one, and more"), false],
    ])("B2: a file that was %s since it was found fails the import", async (_how, other, isReplaced) => {
      await fixture.write("k", text("first one"));
      const ref = await sources.find("k");
      if (isReplaced) await fixture.remove("k");
      await fixture.write("k", other);
      await expect(readWhole(ref)).rejects.toMatchObject({ ...changed, at: { file: "k" } });
      expect((await readWhole(await sources.find("k"))).toString()).toBe(Buffer.from(other).toString());
    });

    it("B2: so does a file that is written again while it is read", async () => {
      await fixture.write("k", text("first one"));
      await using file = await sources.open(await sources.find("k"));
      await file.readInto(0, new Uint8Array(3));
      await file.check();
      await fixture.write("k", text("other one"));
      await expect(file.check()).rejects.toMatchObject(changed);
    });

    it("B2: a file that is gone is no other one", async () => {
      await fixture.write("k", text("first one"));
      await using file = await sources.open(await sources.find("k"));
      await fixture.remove("k");
      await file.check();
    });

    it.each(["", "..", "../a", "a/../../b", "a\0b", "nobody://a", "s3://somebody/a", "file:///etc/passwd"])(
      "B1: refuses the path %j",
      async (path) => {
        await expect(sources.find(path)).rejects.toMatchObject({
          code: refusalCode(fixture),
          reason: expect.stringMatching(fixture.refusal ?? OPENS_MORE),
          at: { file: path },
        });
      },
    );

    it("B1: opens no file that another source has found", async () => {
      await fixture.write("k", text("x"));
      const ref = { ...(await sources.find("k")), source: "two" };
      await expect(sources.open(ref)).rejects.toMatchObject({ code: "path_refused", at: { file: "k" } });
    });

    it("lists files by prefix, as they would be found", async () => {
      for (const key of ["b/2", "b/10", "b/1/x", "c", "b0"]) await fixture.write(key, text(key));
      for (const prefix of ["b/", "/b/", "one://b/"]) {
        const listed = await Array.fromAsync(sources.list(prefix));
        expect(listed.map(({ path }) => path)).toEqual(["1/x", "10", "2"].map((below) => prefix + below));
        for (const ref of listed) expect(await sources.find(ref.path)).toEqual(ref);
        expect(await contentsOf(listed)).toEqual(["b/1/x", "b/10", "b/2"]);
      }
      expect(await pathsOf("b/1")).toEqual(["b/1/x", "b/10"]);
      expect(await pathsOf("")).toEqual(["b/1/x", "b/10", "b/2", "b0", "c"]);
      expect(await pathsOf("b")).toEqual(["b/1/x", "b/10", "b/2", "b0"]);
      expect(await pathsOf("none")).toEqual([]);
      expect(await Array.fromAsync(sources.list("b/", {}, "one"), ({ path }) => path)).toHaveLength(3);
    });

    it("lists only what is wanted, and no deeper than is wanted", async () => {
      for (const key of ["a/b/1", "a/1", "a/2"]) await fixture.write(key, text(key));
      expect(await pathsOf("a/", { deep: false })).toEqual(["a/1", "a/2"]);
      expect(await pathsOf("a/", { accepts: (below) => below.endsWith("1") })).toEqual(["a/1", "a/b/1"]);
      const stop = () => {
        throw new Error("enough");
      };
      await expect(pathsOf("a/", { accepts: stop })).rejects.toThrow("enough");
    });

    it("says of a folder that it is one, and lists nothing outside", async () => {
      await fixture.write("a/b", text("x"));
      for (const path of ["a", "a/"]) {
        const error = await sources.find(path).catch((error: unknown) => error);
        expect([isFolder(error), (error as Error).message]).toEqual([true, expect.stringContaining("is a folder")]);
      }
      for (const prefix of ["../", "../a", "s3://somebody/", "nobody://"])
        await expect(pathsOf(prefix)).rejects.toMatchObject({ code: refusalCode(fixture) });
    });

    it("finds and lists below the folders alone that it is confined to, and tells of nothing else", async () => {
      for (const key of ["a/1", "a/b/2", "ab/3", "c/4", "5"]) await fixture.write(key, text(key));
      const confined = sources.confinedTo(["a/", "one://c/4", "nobody://a/"]);
      for (const path of ["a/1", "/a/b/2", "one://a/1", "c/4"])
        expect(await confined.find(path)).toMatchObject({ path, source: "one" });
      expect(await confined.find("a/1", "one")).toMatchObject({ path: "a/1" });
      await expect(confined.find("a/none")).rejects.toMatchObject({ code: "file_not_found" });
      for (const path of ["a/1", "/a/b/2", "one://a/1", "c/4", "ab/3", "5", "one://5"])
        expect([path, confined.reads(await sources.find(path))]).toEqual([path, /a\/|4/.test(path)]);
      expect(confined.reads({ ...(await sources.find("a/1")), source: "nobody" })).toBe(false);
      const outside = { code: "path_denied", reason: expect.stringContaining("roles may import from: a/, one://c/4") };
      for (const path of [
        "ab/3",
        "ab/none",
        "5",
        "one://5",
        "c/5",
        "c/40",
        "a/../5",
        "a/../a/1x/../../5",
        "/ab/3",
        "ab",
      ])
        await expect(confined.find(path)).rejects.toMatchObject({ code: "path_denied" });
      for (const path of ["ab/3", "ab/none", "5"]) await expect(confined.find(path)).rejects.toMatchObject(outside);
      const listed = (prefix: string) => Array.fromAsync(confined.list(prefix), ({ path }) => path);
      expect(await listed("a/")).toEqual(["a/1", "a/b/2"]);
      expect(await listed("a/b/")).toEqual(["a/b/2"]);
      for (const prefix of ["", "a", "ab/", "c/", "one://", "one://c/"])
        await expect(listed(prefix)).rejects.toMatchObject({ code: "path_denied" });
    });

    it("does nothing for an aborted signal", async () => {
      await fixture.write("k", bytes);
      await using file = await sources.open(await sources.find("k"));
      const signal = AbortSignal.abort(new Error("stopped"));
      await expect(file.readInto(0, new Uint8Array(1), signal)).rejects.toThrow("stopped");
      await expect(Array.fromAsync(file.read(undefined, signal))).rejects.toThrow("stopped");
    });

    async function readWhole(ref: FoundFile & { readonly path: string; readonly source: string }): Promise<Buffer> {
      await using file = await sources.open(ref);
      return await readAll(file);
    }

    function pathsOf(prefix: string, options?: ListOptions): Promise<string[]> {
      return Array.fromAsync(sources.list(prefix, options), ({ path }) => path);
    }

    async function contentsOf(refs: readonly (FoundFile & { path: string; source: string })[]): Promise<string[]> {
      return (await Promise.all(refs.map(readWhole))).map(String).toSorted();
    }
  });
}
