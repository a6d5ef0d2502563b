import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { MetaStore } from "../meta-store.ts";
import { heldKeysConformance } from "./held-keys.ts";
import { keysOf, put } from "./records.ts";
import { watchConformance } from "./watches.ts";

/**
 * What every adapter of `MetaStore` must do. `open` gives an empty store each time; the suite disposes it.
 * @param backend name of the adapter in the titles
 */
export function metaStoreConformance(backend: string, open: () => Promise<MetaStore>): void {
  describe(`MetaStore conformance on ${backend}`, () => {
    let store: MetaStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store[Symbol.asyncDispose]();
    });

    it("gets what was committed, with the transaction's revision", async () => {
      const revision = await store.commit({
        guards: [],
        writes: [
          { key: "job/1", value: "one" },
          { key: "job/2", value: "" },
        ],
      });
      expect(revision).toBeGreaterThan(0n);
      expect(await store.get("job/1")).toEqual({ key: "job/1", value: "one", revision });
      expect(await store.get("job/2")).toEqual({ key: "job/2", value: "", revision });
      expect(await store.get("job/3")).toBeUndefined();
      expect(await store.get("job/")).toBeUndefined();
    });

    it("replaces and deletes, and revisions grow", async () => {
      const first = await put(store, "k", "1");
      const second = await put(store, "k", "2");
      expect(second).toBeGreaterThan(first!);
      expect(await store.get("k")).toEqual({ key: "k", value: "2", revision: second });
      await store.commit({ guards: [], writes: [{ key: "k", value: undefined }] });
      expect(await store.get("k")).toBeUndefined();
      const again = await put(store, "k", "3");
      expect(again).toBeGreaterThan(second!);
      await store.commit({ guards: [], writes: [{ key: "never", value: undefined }] });
    });

    it("keeps any text", async () => {
      const values = ["1 2", "ünï\u{1f600}", '{"a":"\\u0000"}', "\u0000\n", "x".repeat(300_000)];
      for (const value of values) {
        await put(store, "k", value);
        expect((await store.get("k"))?.value).toBe(value);
      }
    });

    it("writes nothing when one guard of several has moved", async () => {
      await put(store, "job/1", "a");
      const guards = [
        { key: "job/1", revision: 0n }, // 0n: expected absent
        { key: "job/2", revision: 0n },
      ];
      expect(await store.commit({ guards, writes: [{ key: "job/2", value: "b" }] })).toBeUndefined();
      expect(await store.get("job/2")).toBeUndefined();
    });

    it("writes when all guards hold, on keys that are written and on others", async () => {
      const one = await put(store, "a", "1");
      const two = await put(store, "b", "1");
      const guards = [
        { key: "a", revision: one! },
        { key: "b", revision: two! },
        { key: "c", revision: 0n },
      ];
      const revision = await store.commit({ guards, writes: [{ key: "a", value: "2" }] });
      expect(revision).toBeGreaterThan(two!);
      expect(await store.commit({ guards, writes: [{ key: "a", value: "3" }] })).toBeUndefined();
      expect((await store.get("a"))?.value).toBe("2");
      expect((await store.get("b"))?.revision).toBe(two);
    });

    it("a key that was deleted and written again has another revision", async () => {
      const first = await put(store, "k", "same");
      await store.commit({ guards: [], writes: [{ key: "k", value: undefined }] });
      const gone = { guards: [{ key: "k", revision: first! }], writes: [{ key: "k", value: "x" }] };
      expect(await store.commit(gone)).toBeUndefined();
      await put(store, "k", "same");
      expect(await store.commit(gone)).toBeUndefined();
    });

    it("a transaction of guards alone only checks", async () => {
      const revision = await put(store, "k", "1");
      expect(await store.commit({ guards: [{ key: "k", revision: revision! }], writes: [] })).toBeDefined();
      expect(await store.commit({ guards: [{ key: "k", revision: 0n }], writes: [] })).toBeUndefined();
      expect((await store.get("k"))?.revision).toBe(revision);
    });

    it("counts right when many increment one record", async () => {
      await put(store, "counter", "0");
      const increment = async () => {
        for (;;) {
          const entry = await store.get("counter");
          const guards = [{ key: "counter", revision: entry!.revision }];
          const writes = [{ key: "counter", value: `${Number(entry!.value) + 1}` }];
          if ((await store.commit({ guards, writes })) !== undefined) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await store.get("counter"))?.value).toBe("20");
    });

    it("of many that create one key, one wins", async () => {
      const create = (i: number) =>
        store.commit({ guards: [{ key: "name", revision: 0n }], writes: [{ key: "name", value: `${i}` }] });
      const revisions = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)));
      expect(revisions.filter((revision) => revision !== undefined)).toHaveLength(1);
    });

    it("answers each of many transactions in flight the revision of what it wrote, greater than any before", async () => {
      const before = (await put(store, "before", "")) as bigint;
      const revisions = await Promise.all(Array.from({ length: 200 }, (_, i) => put(store, `k/${i}`, `${i}`)));
      for (const [i, revision] of revisions.entries()) {
        expect(revision).toBeGreaterThan(before);
        if (i % 37 === 0) expect(await store.get(`k/${i}`)).toEqual({ key: `k/${i}`, value: `${i}`, revision });
      }
    });

    it("gives each of many writes of one key in flight a revision of its own", async () => {
      const revisions = await Promise.all(Array.from({ length: 50 }, (_, i) => put(store, "k", `${i}`)));
      expect(new Set(revisions).size).toBe(50);
      const last = revisions.reduce((max, revision) => ((revision ?? 0n) > (max ?? 0n) ? revision : max));
      expect(await store.get("k")).toMatchObject({ value: `${revisions.indexOf(last)}`, revision: last });
    });

    it("scans a prefix in byte order of key, over pages", async () => {
      const keys = ["a", "a/", "a/1", "a/10", "a/2", "a0", "a-", "b/z\u{10000}", "b/z\uffee", "b/é"];
      for (let i = 0; i < 700; i++) keys.push(`many/${i}`);
      for (let at = 0; at < keys.length; at += 100) {
        await store.commit({ guards: [], writes: keys.slice(at, at + 100).map((key) => ({ key, value: key })) });
      }
      const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      for (const prefix of ["", "a", "a/", "a/1", "b/", "many/", "many/7", "none"]) {
        expect(await keysOf(store, prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
      for await (const entry of store.scan("a/1")) expect(entry.value).toBe(entry.key);
      for (const [prefix, after] of [
        ["many/", "many/69"],
        ["many/", "many/699"],
        ["a", "a/"],
        ["b/", "b/z\uffee"],
        ["b/", "a"],
        ["a", "b"],
        ["many/", "many/650x"],
      ]) {
        const found = (await Array.fromAsync(store.scan(prefix, after))).map(({ key }) => key);
        const isBehind = (key: string) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
        expect(found).toEqual(sorted.filter((key) => key.startsWith(prefix) && isBehind(key)));
      }
    });

    it("scans on while entries come and go", async () => {
      for (let i = 100; i < 200; i++) await put(store, `k/${i}`, "1");
      const seen: string[] = [];
      for await (const { key } of store.scan("k/")) {
        seen.push(key);
        await store.commit({ guards: [], writes: [{ key, value: undefined }] });
      }
      expect(seen).toHaveLength(100);
      expect(await keysOf(store, "k/")).toEqual([]);
    });

    it("refuses more operations than its limit, and takes as many", async () => {
      const limit = store.limits.transactionOperations;
      const writes = Array.from({ length: limit }, (_, i) => ({ key: `k/${i}`, value: "v" }));
      const guards = [{ key: "k/0", revision: 0n }];
      await expect(store.commit({ guards, writes })).rejects.toThrow(`${limit + 1} operations, the limit is ${limit}`);
      expect(await store.get("k/1")).toBeUndefined();
      expect(await store.commit({ guards: [], writes })).toBeDefined();
    });

    it("refuses a key that is written twice, and keys that are none", async () => {
      const writes = [
        { key: "k", value: "1" },
        { key: "k", value: "2" },
      ];
      await expect(store.commit({ guards: [], writes })).rejects.toThrow('writes the key "k" twice');
      for (const key of ["", "a\0b", "x".repeat(1025), "\ud800"]) {
        await expect(put(store, key, "1")).rejects.toThrow("invalid metastore key");
        await expect(store.get(key)).rejects.toThrow("invalid metastore key");
      }
      await put(store, "x".repeat(1024), "long");
      expect((await store.get("x".repeat(1024)))?.value).toBe("long");
    });

    watchConformance(() => store);
    heldKeysConformance(() => store);

    it("ends watches and refuses calls when it is disposed", async () => {
      const watching = Array.fromAsync(store.watch("k", new AbortController().signal));
      await store[Symbol.asyncDispose]();
      expect(await watching).toEqual([]);
      await expect(put(store, "k", "1")).rejects.toThrow("closed");
      await expect(store.get("k")).rejects.toThrow("closed");
    });
  });
}
