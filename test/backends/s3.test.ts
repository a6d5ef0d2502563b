import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { forEachConcurrent } from "@sluice/async";
import { S3ObjectStore } from "@sluice/object-store";
import { objectStoreConformance } from "@sluice/object-store/testing";
import { describeWithS3, type S3Fixture, startS3 } from "./s3-support.ts";

const suite = describeWithS3;
let s3: S3Fixture;

/** Bytes whose place shows, in pieces of different sizes. */
function piecesOf(sizeBytes: number, pieceBytes = 700_001): Uint8Array[] {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < sizeBytes; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return pieces;
}

suite("S3", () => {
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => s3?.[Symbol.asyncDispose]());

  // S3ObjectStore
  objectStoreConformance("S3", () => s3.open(), { mayListByParts: true });
  objectStoreConformance("S3 without CRC-32", () => s3.open({ checksums: "none" }), { mayListByParts: true });

  describe.each(["crc32", "none"] as const)("with checksums %s", (checksums) => {
    it("writes and reads an object in parts", async () => {
      await using store = await s3.open({ checksums });
      const pieces = piecesOf(37_000_003);
      const whole = Buffer.concat(pieces);
      expect(await store.put("large", pieces)).toMatchObject({ sizeBytes: whole.length });
      const target = Buffer.alloc(whole.length + 100);
      expect(await store.readInto("large", 0, target)).toBe(whole.length);
      expect(target.subarray(0, whole.length).equals(whole)).toBe(true);
      const far = Buffer.alloc(30_000_000);
      expect(await store.readInto("large", 20_000_001, far)).toBe(whole.length - 20_000_001);
      expect(far.subarray(0, whole.length - 20_000_001).equals(whole.subarray(20_000_001))).toBe(true);
      const read = Buffer.concat(await Array.fromAsync(store.read("large", { start: 5, end: 36_000_000 })));
      expect(read.equals(whole.subarray(5, 36_000_000))).toBe(true);
      expect(await store.abortWrites("")).toBe(0);
    });
  });

  it("stops reading when the loop is left, and when it is aborted", async () => {
    await using store = await s3.open();
    await store.put("large", piecesOf(20_000_000));
    for await (const chunk of store.read("large")) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    const abort = new AbortController();
    const reading = store.readInto("large", 0, new Uint8Array(20_000_000), abort.signal);
    abort.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });

  it("lists and deletes 2,500 objects", async () => {
    await using store = await s3.open();
    const keys = Array.from({ length: 2500 }, (_, i) => `many/${String(i).padStart(5, "0")}`);
    await forEachConcurrent(keys, 24, (key) => store.put(key, [new Uint8Array(3)]));
    expect(await Array.fromAsync(store.list("many/"), (info) => info.key)).toEqual(keys);
    expect(await Array.fromAsync(store.list("many/0001"), (info) => info.key)).toEqual(keys.slice(10, 20));
    await store.delete(keys.slice(1));
    expect(await Array.fromAsync(store.list(""), (info) => info.key)).toEqual([keys[0]]);
  });

  it("takes 20 puts at once, of many keys and of one", async () => {
    await using store = await s3.open();
    const turns = Array.from({ length: 20 }, (_, i) => i);
    const bytes = (i: number) => [new Uint8Array(100_000 + i).fill(i)];
    await Promise.all(turns.map((i) => store.put(`own/${i}`, bytes(i))));
    await Promise.all(turns.map((i) => store.put("shared", bytes(i))));
    for (const i of turns) expect(await store.stat(`own/${i}`)).toMatchObject({ sizeBytes: 100_000 + i });
    const target = new Uint8Array(200_000);
    const length = await store.readInto("shared", 0, target);
    expect(new Set(target.subarray(0, length))).toEqual(new Set([length - 100_000]));
  });

  it("keeps folders apart, and knows nothing of objects beside its own", async () => {
    await using one = await s3.open({ prefix: "apart/one" });
    await using two = await s3.open({ prefix: "apart/one-two" });
    await one.put("k", [new Uint8Array(1)]);
    await two.put("k", [new Uint8Array(2)]);
    expect(await Array.fromAsync(one.list(""), ({ key, sizeBytes }) => [key, sizeBytes])).toEqual([["k", 1]]);
    await one.delete(["k"]);
    expect(await two.stat("k")).toMatchObject({ sizeBytes: 2 });
  });

  it("creates a bucket once, and checks it", async () => {
    await using store = await s3.open();
    await store.createBucket();
    await store.check();
  });

  it("is aborted when it is closed", async () => {
    const store = await s3.open();
    const writing = store.put("k", piecesOf(20_000_000));
    await store[Symbol.asyncDispose]();
    await expect(writing).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("S3 options", () => {
  const options = { region: "r", bucket: "b", prefix: "", pathStyle: true, checksums: "crc32", maxSockets: 1 } as const;

  it.each([
    ["a user in the endpoint", { endpoint: "http://user:hidden@host:1" }, "user or password"],
    ["a path in the endpoint", { endpoint: "http://host:1/hidden" }, "a path"],
    ["an endpoint that is no URL", { endpoint: "host" }, "no URL"],
    ["another scheme", { endpoint: "ftp://host" }, "scheme"],
    ["no bucket", { bucket: "" }, "bucket name"],
    ["slashes around the prefix", { prefix: "/files" }, "slashes"],
    ["no connection", { maxSockets: 0 }, "at least 1"],
  ])("refuses %s", async (_title, more, text) => {
    const opening = S3ObjectStore.open({ ...options, ...more });
    await expect(opening).rejects.toThrow(text);
    await expect(opening).rejects.not.toThrow("hidden");
  });
});
