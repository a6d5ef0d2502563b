import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import type { ObjectStore } from "../object-store.ts";
import { listConformance } from "./lists.ts";
import { meetingConformance } from "./meetings.ts";
import { keysOf, text } from "./objects.ts";

/** Bytes 0, 1, 2, … with a period that is no power of two, so that a chunk in the wrong place shows. */
function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7 + (i >> 8)) % 251);
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

/** What the suite lets pass for a backend. */
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

    listConformance(() => store, mayListByParts);

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

    meetingConformance(() => store);
  });
}
