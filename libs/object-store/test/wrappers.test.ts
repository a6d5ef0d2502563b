import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import {
  CountingObjectStore,
  FaultyObjectStore,
  MemoryObjectStore,
  type ObjectStore,
  RetryingObjectStore,
} from "@sluice/object-store";
import { Metrics } from "@sluice/telemetry";

const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);

async function filled(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.put("k", [bytes]);
  for (let i = 0; i < 20; i++) await store.put(`list/${i}`, [Uint8Array.of(i)]);
  return store;
}

/** Keeps which ranges were asked for. */
class Recording extends MemoryObjectStore {
  readonly starts: number[] = [];
  override read(...args: Parameters<ObjectStore["read"]>): ReturnType<MemoryObjectStore["read"]> {
    this.starts.push(args[1]?.start ?? 0);
    return super.read(...args);
  }
}

describe("RetryingObjectStore", () => {
  const noWait = { firstDelayMs: 0, random: () => 0 };

  it("resumes a read at its offset", async () => {
    const inner = new Recording();
    await inner.put("k", [bytes]);
    const faulty = new FaultyObjectStore(inner, { seed: 3, errorRate: 0.9, operations: ["read"] });
    const store = new RetryingObjectStore(faulty, { ...noWait, attempts: 500 });
    const read = Buffer.concat(await Array.fromAsync(store.read("k", { start: 100, end: 9000 })));
    expect(read.equals(bytes.subarray(100, 9000))).toBe(true);
    expect(faulty.faults).toBeGreaterThan(1);
    expect(inner.starts).toEqual(inner.starts.toSorted((a, b) => a - b));
    expect(new Set(inner.starts).size).toBeGreaterThan(1);
  });

  it("lists each key once", async () => {
    const faulty = new FaultyObjectStore(await filled(), { seed: 14, errorRate: 0.9, operations: ["list"] });
    const store = new RetryingObjectStore(faulty, { ...noWait, attempts: 500 });
    const keys = await Array.fromAsync(store.list("list/"), (info) => info.key);
    expect(keys).toEqual(Array.from({ length: 20 }, (_, i) => `list/${i}`).toSorted());
    expect(faulty.faults).toBeGreaterThan(1);
  });

  it("gives up after its attempts, with the last error", async () => {
    const faulty = new FaultyObjectStore(await filled(), { seed: 5, errorRate: 1 });
    const store = new RetryingObjectStore(faulty, { ...noWait, attempts: 4 });
    await expect(store.stat("k")).rejects.toMatchObject({ code: "object_store_unavailable" });
    expect(faulty.faults).toBe(4);
  });

  it("does not repeat what no repetition cures", async () => {
    let calls = 0;
    class Missing extends MemoryObjectStore {
      override async stat(): Promise<undefined> {
        calls++;
        throw new ImportError("file_not_found", "gone");
      }
    }
    await expect(new RetryingObjectStore(new Missing(), noWait).stat("k")).rejects.toThrow("gone");
    expect(calls).toBe(1);
  });

  it("stops waiting when its signal aborts", async () => {
    const faulty = new FaultyObjectStore(await filled(), { seed: 6, errorRate: 1 });
    const store = new RetryingObjectStore(faulty, { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 });
    const abort = new AbortController();
    const reading = store.readInto("k", 0, new Uint8Array(1), abort.signal);
    abort.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });
});

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
    const store = CountingObjectStore.scraped(await filled(), metrics);
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
