import { describe, expect, it } from "@jest/globals";
import { CountingObjectStore, SourceUse } from "@sluice/object-store";
import { FaultyObjectStore, MemoryObjectStore, sourceFile } from "@sluice/object-store/testing";
import { Metrics, scrapeStorage } from "@sluice/telemetry";

async function filled(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.put("k", [new Uint8Array(10_000)]);
  for (let i = 0; i < 20; i++) await store.put(`list/${i}`, [Uint8Array.of(i)]);
  return store;
}

describe("FaultyObjectStore", () => {
  const run = async (seed: number) => {
    const store = new FaultyObjectStore(await filled(), { seed, errorRate: 0.5, maxDelayMs: 1 });
    const outcomes: string[] = [];
    for (let i = 0; i < 20; i++) {
      await store.readInto("k", 0, new Uint8Array(1)).then(
        () => outcomes.push("ok"),
        (error) => outcomes.push(error.code),
      );
    }
    return outcomes;
  };

  it("repeats its faults for the same seed", async () => {
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
    expect(new Set(await run(7))).toEqual(new Set(["ok", "object_store_unavailable"]));
  });

  it("loses answers of puts that took effect", async () => {
    const inner = new MemoryObjectStore();
    const store = new FaultyObjectStore(inner, { seed: 9, errorRate: 1 });
    for (let i = 0; i < 20; i++) await expect(store.put(`k/${i}`, [])).rejects.toThrow("injected");
    const written = await Array.fromAsync(inner.list(""));
    expect(written.length).toBeGreaterThan(3);
    expect(written.length).toBeLessThan(17);
  });
});

describe("CountingObjectStore", () => {
  it("tells scrapes what was done, each operation once", async () => {
    const metrics = new Metrics();
    const store = scrapeStorage(new CountingObjectStore(await filled()), metrics);
    await store.readInto("k", 0, new Uint8Array(10));
    await store.stat("k");
    expect(await store.abortWrites("k")).toBe(0);
    await metrics.expose();
    const { body } = await metrics.expose();
    expect(body).toContain('sluice_object_store_operations_total{operation="read"} 1');
    expect(body).toContain('sluice_object_store_bytes_total{operation="read"} 10');
    expect(body).toContain('sluice_object_store_operations_total{operation="stat"} 1');
    expect(body).toContain('sluice_object_store_operations_total{operation="abortWrites"} 1');
  });
});

describe("SourceUse", () => {
  it("counts what is done with files, over all of them", async () => {
    const store = await filled();
    const use = new SourceUse();
    const files = await Promise.all(["k", "list/1"].map(async (key) => use.counted(await sourceFile(store, key))));
    await files[0].readInto(0, new Uint8Array(10));
    await Array.fromAsync(files[1].read());
    await files[0].check();
    await store.delete(["k"]);
    await expect(files[0].readInto(0, new Uint8Array(10))).rejects.toMatchObject({ code: "file_not_found" });
    expect(use.take()).toMatchObject([
      { operation: "read", calls: 4, errors: 1, bytes: 11 },
      { operation: "stat", calls: 1, errors: 0, bytes: 0 },
    ]);
    expect(use.take()).toEqual([]);
  });
});
