import { describe, expect, it } from "@jest/globals";
import { NotLeadingError } from "@sluice/errors";
import { fencedMetaStore } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";

const request = { key: "leader/rootcoord", value: "", ttlMs: 1000, signal: new AbortController().signal };
const write = { guards: [{ key: "k", revision: 0n }], writes: [{ key: "k", value: "1" }] };

describe("fencedMetaStore", () => {
  it("writes while its key is held, and tells of guards that moved as ever", async () => {
    await using store = new MemoryMetaStore();
    await using held = await store.hold(request);
    const fenced = fencedMetaStore(store, held!);
    expect(fenced.limits.transactionOperations).toBe(store.limits.transactionOperations - 1);
    expect(await fenced.commit(write)).toBeDefined();
    expect(await fenced.commit(write)).toBeUndefined();
    expect((await fenced.get("k"))?.value).toBe("1");
  });

  it("writes nothing once the key is released or held by another", async () => {
    await using store = new MemoryMetaStore();
    const held = await store.hold(request);
    const fenced = fencedMetaStore(store, held!);
    await held![Symbol.asyncDispose]();
    await expect(fenced.commit(write)).rejects.toThrow(NotLeadingError);
    await using other = await store.hold(request);
    await expect(fenced.commit(write)).rejects.toThrow("service not ready: this rootcoord does not lead");
    expect(await store.get("k")).toBeUndefined();
    expect(await fencedMetaStore(store, other!).commit(write)).toBeDefined();
  });

  it("knows of a loss that the holder was told before it asks the store", async () => {
    await using store = new MemoryMetaStore();
    await using held = await store.hold(request);
    const lost = new AbortController();
    const fenced = fencedMetaStore(store, { guard: held!.guard, lost: lost.signal, ...noDispose });
    lost.abort();
    await expect(fenced.commit(write)).rejects.toThrow(NotLeadingError);
    expect(await store.get("k")).toBeUndefined();
  });
});

const noDispose = { async [Symbol.asyncDispose]() {} };
