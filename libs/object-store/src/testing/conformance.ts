import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import type { ObjectStore } from "../object-store.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** Bytes 0, 1, 2, … with a period that is no power of two, so that a chunk in the wrong place shows. */
function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7 + (i >> 8)) % 251);
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return Array.fromAsync(store.list(prefix), (info) => info.key);
}

/** Order of the parts between slashes, one after the other, each by its bytes. */
function compareParts(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? -1 : Buffer.compare(Buffer.from(left[at]), Buffer.from(right[at] ?? ""));
}

export interface ConformanceOptions {
  /** Servers of other makers may list in order of the parts of keys, which is allowed; default false. */
  readonly mayListByParts?: boolean;
}

/**
 * What every adapter of `ObjectStore` must do. `open` gives an empty store each time; the suite disposes it.
 * @param backend name of the adapter in the titles
 */
export function objectStoreConformance(
  backend: string,
  open: () => Promise<ObjectStore>,
  { mayListByParts = false }: ConformanceOptions = {},
): void {
  describe(`ObjectStore conformance on ${backend}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store[Symbol.asyncDispose]();
    });

    it("puts the pieces together and describes the object", async () => {
      const before = Date.now();
      const put = await store.put("a/b/c.bin", [text("one "), new Uint8Array(0), text("two "), text("three")]);
      expect(put).toMatchObject({ key: "a/b/c.bin", sizeBytes: 13 });
      expect(put.modifiedMs).toBeGreaterThan(before - 10_000);
      const found = await store.stat("a/b/c.bin");
      expect(found).toEqual({ ...put, modifiedMs: expect.any(Number) });
      expect(Math.abs((found?.modifiedMs ?? 0) - put.modifiedMs)).toBeLessThan(10_000);
      expect((await readAll(store.read("a/b/c.bin"))).toString()).toBe("one two three");
    });

    it("stores an empty object", async () => {
      await store.put("empty", []);
      expect(await store.stat("empty")).toMatchObject({ sizeBytes: 0 });
      expect(await readAll(store.read("empty"))).toHaveLength(0);
      expect(await store.readInto("empty", 0, new Uint8Array(8))).toBe(0);
    });

    it("replaces an object, also for those who have read it before", async () => {
      await store.put("k", [text("old old")]);
      expect((await readAll(store.read("k"))).toString()).toBe("old old");
      await store.put("k", [text("new")]);
      expect((await readAll(store.read("k"))).toString()).toBe("new");
      const target = new Uint8Array(8);
      expect(await store.readInto("k", 0, target)).toBe(3);
      expect(await store.stat("k")).toMatchObject({ sizeBytes: 3 });
    });

    it("stores several megabytes in many pieces", async () => {
      const bytes = pattern(3_000_000);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += 1009) pieces.push(bytes.subarray(at, at + 1009));
      await store.put("big", pieces);
      expect(Buffer.compare(await readAll(store.read("big")), bytes)).toBe(0);
    });

    it("reads ranges, clipped at the end", async () => {
      const bytes = pattern(5000);
      await store.put("k", [bytes]);
      for (const [start, end] of [
        [0, 5000],
        [1, 2],
        [17, 3900],
        [4999, 9000],
        [5000, 6000],
        [9000, 9001],
        [7, 7],
      ]) {
        const got = await readAll(store.read("k", { start, end }));
        expect(Buffer.compare(got, bytes.subarray(start, end))).toBe(0);
      }
      await expect(readAll(store.read("k", { start: 5, end: 4 }))).rejects.toThrow(RangeError);
    });

    it("readInto fills exactly, short only at the end", async () => {
      const bytes = pattern(5000);
      await store.put("k", [bytes]);
      const memory = new Uint8Array(3000).fill(255);
      expect(await store.readInto("k", 1000, memory.subarray(500, 2500))).toBe(2000);
      expect(Buffer.compare(memory.subarray(500, 2500), bytes.subarray(1000, 3000))).toBe(0);
      expect([memory[499], memory[2500]]).toEqual([255, 255]);
      expect(await store.readInto("k", 4990, memory)).toBe(10);
      expect(await store.readInto("k", 5000, memory)).toBe(0);
      expect(await store.readInto("k", 60_000, memory)).toBe(0);
    });

    it("reads into and puts from shared memory", async () => {
      const shared = new Uint8Array(new SharedArrayBuffer(64), 8, 32).fill(7);
      await store.put("k", [shared]);
      const target = new Uint8Array(new SharedArrayBuffer(64), 16, 40);
      expect(await store.readInto("k", 0, target)).toBe(32);
      expect([target[0], target[31], target[32]]).toEqual([7, 7, 0]);
    });

    it("says that a missing object is missing", async () => {
      expect(await store.stat("no/such")).toBeUndefined();
      await expect(store.readInto("no/such", 0, new Uint8Array(1))).rejects.toMatchObject({ code: "file_not_found" });
      await expect(readAll(store.read("no/such"))).rejects.toMatchObject({ code: "file_not_found" });
      await store.put("folder/object", [text("x")]);
      expect(await store.stat("folder")).toBeUndefined();
      await expect(store.readInto("folder", 0, new Uint8Array(1))).rejects.toMatchObject({ code: "file_not_found" });
    });

    it("copies an object, which stays when the first one goes", async () => {
      const bytes = pattern(1_500_000);
      await store.put("from/a b+%.bin", [bytes]);
      await store.put("to/x", [text("older")]);
      await store.copy("from/a b+%.bin", "to/x");
      await store.copy("from/a b+%.bin", "to/x");
      await store.delete(["from/a b+%.bin"]);
      expect(await readAll(store.read("to/x"))).toEqual(Buffer.from(bytes));
      await store.put("to/x", [text("newer")]);
      expect(await keysOf(store, "")).toEqual(["to/x"]);
    });

    it("copies nothing that is missing, and nothing that may not appear", async () => {
      await expect(store.copy("missing", "to")).rejects.toMatchObject({ code: "file_not_found" });
      await store.put("from", [text("bytes")]);
      const refuse = async () => {
        throw new ImportError("attempt_superseded", "no longer");
      };
      await expect(store.copy("from", "to", undefined, refuse)).rejects.toMatchObject({ code: "attempt_superseded" });
      expect(await keysOf(store, "to")).toEqual([]);
    });

    it("deletes, and missing keys are no error", async () => {
      await store.put("a/1", [text("1")]);
      await store.put("a/2", [text("2")]);
      await readAll(store.read("a/1"));
      await store.delete(["a/1", "a/missing", "missing/too", "a"]);
      expect(await store.stat("a/1")).toBeUndefined();
      await expect(readAll(store.read("a/1"))).rejects.toMatchObject({ code: "file_not_found" });
      expect(await keysOf(store, "")).toEqual(["a/2"]);
      await store.put("a/1", [text("again")]);
      expect((await readAll(store.read("a/1"))).toString()).toBe("again");
    });

    it("lists in byte order of key", async () => {
      const keys = [
        "a",
        "a-b",
        "a.b/c",
        "a0",
        "a_",
        "b/1/x",
        "b/10",
        "b/2",
        "b/1-",
        "b/1.",
        "z\u{10000}",
        "z\uffee",
        "é",
      ];
      for (const key of keys) await store.put(key, [text(key)]);
      const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const byParts = keys.toSorted(compareParts);
      const listed = await keysOf(store, "");
      const sorted = mayListByParts && listed.join() === byParts.join() ? byParts : byBytes;
      expect(listed).toEqual(sorted);
      for (const prefix of ["a", "b/", "b/1", "b/1/", "b/1/x", "z", "none", "b/x/"]) {
        expect(await keysOf(store, prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
    });

    it("lists sizes, and stops when the loop is left", async () => {
      for (let i = 0; i < 10; i++) await store.put(`p/${i}`, [new Uint8Array(i)]);
      const seen: number[] = [];
      for await (const info of store.list("p/")) {
        seen.push(info.sizeBytes);
        if (seen.length === 3) break;
      }
      expect(seen).toEqual([0, 1, 2]);
    });

    it.each(["", "/a", "a/", "a//b", ".", "a/../b", "..", "a/./b", "a\0b", "\ud800", "x".repeat(1025)])(
      "refuses the key %j",
      async (key) => {
        await expect(store.put(key, [text("x")])).rejects.toMatchObject({ code: "internal" });
        await expect(store.stat(key)).rejects.toMatchObject({ code: "internal" });
        await expect(store.readInto(key, 0, new Uint8Array(1))).rejects.toMatchObject({ code: "internal" });
        await expect(store.delete([key])).rejects.toMatchObject({ code: "internal" });
      },
    );

    it("does nothing for an aborted signal", async () => {
      await store.put("k", [text("there")]);
      const signal = AbortSignal.abort(new Error("stopped"));
      await expect(store.put("new", [text("x")], signal)).rejects.toThrow("stopped");
      expect(await store.stat("new")).toBeUndefined();
      await expect(store.readInto("k", 0, new Uint8Array(1), signal)).rejects.toThrow("stopped");
      await expect(readAll(store.read("k", undefined, signal))).rejects.toThrow("stopped");
    });

    it.each([3, 20_000_000])("asks whether an object may appear, here of %i bytes", async (sizeBytes) => {
      let asked = 0;
      const refuse = async () => {
        asked++;
        throw new ImportError("attempt_superseded", "not any more");
      };
      const pieces = [new Uint8Array(sizeBytes)];
      await expect(store.put("k", pieces, undefined, refuse)).rejects.toMatchObject({
        code: "attempt_superseded",
      });
      expect(asked).toBe(1);
      expect(await keysOf(store, "")).toEqual([]);
      await store.put("k", pieces, undefined, async () => void asked++);
      expect(asked).toBe(2);
      expect(await store.stat("k")).toMatchObject({ sizeBytes });
    });

    it("shows whole objects only, while they are replaced", async () => {
      const versions = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000).fill(i));
      await store.put("k", [versions[0]]);
      let writing = true;
      const writer = (async () => {
        for (const version of versions) await store.put("k", [version.subarray(0, 50_000), version.subarray(50_000)]);
        writing = false;
      })();
      const bytes = new Uint8Array(100_001);
      while (writing) {
        expect(await store.readInto("k", 0, bytes)).toBe(100_000);
        expect(new Set(bytes.subarray(0, 100_000)).size).toBe(1);
      }
      await writer;
    });

    it("keeps every put when puts and deletes in one folder meet", async () => {
      const turns = Array.from({ length: 40 }, (_, i) => i);
      await Promise.all([
        ...turns.map(async (i) => store.put(`f/g/h/keep-${i}`, [text(`${i}`)])),
        ...turns.map(async (i) => {
          await store.put(`f/g/h/${i}/gone`, [text("x")]);
          await store.delete([`f/g/h/${i}/gone`]);
        }),
        ...turns.map(async (i) => {
          await store.put(`f/alone/${i}`, [text("x")]);
          await store.delete([`f/alone/${i}`]);
        }),
      ]);
      const kept = turns.map((i) => `f/g/h/keep-${i}`);
      expect(await keysOf(store, "f/")).toEqual(kept.toSorted());
    });
  });
}
