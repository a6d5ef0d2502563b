import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { Slots } from "@sluice/async";
import {
  contentKey,
  type ObjectStore,
  SINGLE_PART,
  Sources,
  withVolumes,
  writePart,
  writePartList,
} from "@sluice/object-store";
import { FaultyObjectStore, MemoryObjectStore } from "@sluice/object-store/testing";

const CHUNK = 8 << 20;
const key = contentKey("0a", "0b");
const signal = new AbortController().signal;

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const write = (store: ObjectStore, bytes: Uint8Array, partId = SINGLE_PART, size = 300_000, memory = new Slots(1)) =>
  writePart(cut(bytes, size), { store, content: key, partId, memory, signal });

async function open(store: MemoryObjectStore, sizeBytes: number, version = "v") {
  const sources = withVolumes(new Sources([]), store);
  return sources.open({ path: "volume://v/x", source: "volume", key, sizeBytes, version });
}

async function whole(file: Awaited<ReturnType<typeof open>>, range?: { start: number; end: number }): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(file.read(range), (bytes) => Buffer.from(bytes)));
}

describe("a content in chunks", () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5])("is read as it was written: %i bytes", async (size) => {
    const store = new MemoryObjectStore();
    const bytes = randomBytes(size);
    expect(await write(store, bytes)).toBe(size);
    await using file = await open(store, size);
    expect((await whole(file)).equals(bytes)).toBe(true);
    for (const start of [0, 1, CHUNK - 2, CHUNK, size - 3].filter((at) => at >= 0 && at < size)) {
      const target = Buffer.alloc(CHUNK + 10);
      const read = await file.readInto(start, target);
      expect(read).toBe(Math.min(target.length, size - start));
      expect(target.subarray(0, read).equals(bytes.subarray(start, start + read))).toBe(true);
      expect((await whole(file, { start, end: start + 3 })).equals(bytes.subarray(start, start + 3))).toBe(true);
    }
    expect(await file.readInto(size, Buffer.alloc(4))).toBe(0);
  });

  it("may come in parts of any size, empty ones among them, listed in their order", async () => {
    const store = new MemoryObjectStore();
    const parts = [5, 0, CHUNK + 3, 1].map((size) => randomBytes(size));
    for (const [i, bytes] of [...parts.entries()].reverse()) await write(store, bytes, `p${i}`);
    const list = parts.map((bytes, i) => ({ partId: `p${i}`, sizeBytes: bytes.length }));
    await writePartList(store, key, "etag-4", list);
    const all = Buffer.concat(parts);
    await using file = await open(store, all.length, "etag-4");
    expect((await whole(file)).equals(all)).toBe(true);
    const target = Buffer.alloc(10);
    await file.readInto(2, target);
    expect(target.equals(all.subarray(2, 12))).toBe(true);
  });

  it("that is gone says that its file was replaced, when it is opened and when it is read", async () => {
    const store = new MemoryObjectStore();
    await expect(open(store, 5)).rejects.toThrow("was replaced or removed in its volume");
    await expect(open(store, 5, "etag-2")).rejects.toThrow("was replaced or removed in its volume");
    await write(store, Buffer.from("hello"));
    await using file = await open(store, 5);
    await store.delete([`${key}/0/0`]);
    await expect(file.readInto(0, Buffer.alloc(5))).rejects.toThrow("was replaced or removed in its volume");
    await expect(whole(file)).rejects.toThrow("was replaced or removed in its volume");
  });

  it("opens by a key of contents alone", async () => {
    const sources = withVolumes(new Sources([]), new MemoryObjectStore());
    const ref = { path: "x", source: "volume", sizeBytes: 1, version: "" };
    for (const other of ["segments/1", "volumes/0a/../x", "volumes/0a/0b/0/0"])
      await expect(sources.open({ ...ref, key: other })).rejects.toThrow("leads to nothing that a volume holds");
  });

  it("holds no more memory than there is, and gives it back when its body or the store fails", async () => {
    const memory = new Slots(1);
    const store = new MemoryObjectStore();
    const bytes = randomBytes(CHUNK + 5);
    async function* failing() {
      yield bytes;
      throw new Error("cut off");
    }
    const broken = writePart(failing(), { store, content: key, partId: "a", memory, signal });
    await expect(broken).rejects.toThrow("cut off");
    const faulty = new FaultyObjectStore(store, { seed: 1, errorRate: 1, operations: ["put"] });
    await expect(write(faulty, bytes, "a", 100_000, memory)).rejects.toThrow();
    // All of these share the one chunk that there is.
    await Promise.all(["b", "c", "d"].map((partId) => write(store, bytes, partId, 100_000, memory)));
    using _free = await memory.take();
  });
});
