import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  openSourceStore,
  resolveSource,
  type S3ObjectStore,
  type S3SourceOptions,
  type SourceStore,
} from "@sluice/object-store";
import { hasS3, type S3Fixture, startS3 } from "./s3-support.ts";

const suite = hasS3 ? describe : describe.skip;
const text = (value: string) => [new TextEncoder().encode(value)];
const missing = { code: "file_not_found" };
const refusal = { code: "path_refused", reason: expect.stringContaining("--source NAME=s3://BUCKET/FOLDER") };

suite("sources in S3", () => {
  let s3: S3Fixture;
  let bucket: S3ObjectStore;
  let other: S3ObjectStore;
  let options: S3SourceOptions;
  let sources: SourceStore;

  beforeAll(async () => {
    s3 = await startS3();
    bucket = await s3.open({ prefix: "" });
    const otherBucket = { ...s3.options, bucket: `${s3.options.bucket}-other` };
    other = await s3.open({ ...otherBucket, prefix: "" });
    await other.createBucket();
    options = {
      importBucket: s3.options,
      named: [
        { name: "archive", options: { ...otherBucket, prefix: "years/2026" } },
        { name: "same", options: { ...s3.options, prefix: "files" } },
      ],
      reserved: "files",
    };
    sources = await openSourceStore(structuredClone({ kind: "s3", options }));
    await bucket.put("a/1.json", text("import one"));
    await bucket.put("files/insert_log/1", text("ours"));
    await bucket.put("files-too/1.json", text("not reserved"));
    await other.put("years/2026/x.csv", text("archive x"));
    await other.put("years/2025/x.csv", text("closed"));
  });
  afterAll(async () => {
    for (const store of [sources, bucket, other, s3]) await store?.[Symbol.asyncDispose]();
  });

  async function contents(path: string, store = sources): Promise<string> {
    const source = await resolveSource(store, path);
    const chunks = await Array.fromAsync(source.store.read(source.key));
    const target = new Uint8Array(source.sizeBytes + 1);
    expect(await source.store.readInto(source.key, 0, target)).toBe(source.sizeBytes);
    expect(await source.store.stat(source.key)).toMatchObject({ key: source.key, sizeBytes: source.sizeBytes });
    expect(Buffer.concat(chunks).equals(target.subarray(0, source.sizeBytes))).toBe(true);
    return Buffer.concat(chunks).toString();
  }

  it("are keys of the import bucket, with or without a slash, and URLs of it", async () => {
    for (const path of ["a/1.json", "/a/1.json", `s3://${s3.options.bucket}/a/1.json`]) {
      expect(await contents(path)).toBe("import one");
    }
    expect(await contents("files-too/1.json")).toBe("not reserved");
  });

  it("are keys of named sources", async () => {
    expect(await contents("archive://x.csv")).toBe("archive x");
    expect(await contents(`s3://${s3.options.bucket}-other/years/2026/x.csv`)).toBe("archive x");
  });

  it.each([
    ["another bucket", () => "s3://somebody/a/1.json"],
    ["another folder of a bucket", () => `s3://${s3.options.bucket}-other/years/2025/x.csv`],
    ["a source that is not configured", () => "cold://x.csv"],
    ["a web address", () => "https://example.com/a/1.json"],
    ["a file URL", () => "file:///etc/passwd"],
    ["a path that climbs", () => "archive://../2025/x.csv"],
    ["a path with a dot part", () => "a/./1.json"],
    ["the server's own objects", () => "files/insert_log/1"],
    ["the server's own objects by more slashes", () => "//files//insert_log/1"],
    ["the server's own objects by URL", () => `s3://${s3.options.bucket}/files/insert_log/1`],
    ["the server's own objects by another source", () => "same://insert_log/1"],
    ["a folder", () => "a/"],
    ["a bucket", () => `s3://${s3.options.bucket}`],
    ["a NUL character", () => "a/1\0.json"],
    ["an endless path", () => "x".repeat(1025)],
    ["nothing", () => ""],
  ])("B1: refuse %s", async (_title, path) => {
    await expect(sources.resolve(path())).rejects.toMatchObject({ ...refusal, at: { file: path() } });
  });

  it("B1: refuse keys that name what is not open", async () => {
    for (const key of ["s3:nobody::a/1.json", "s3:::files/insert_log/1"]) {
      await expect(sources.stat(key)).rejects.toMatchObject(refusal);
      await expect(sources.readInto(key, 0, new Uint8Array(1))).rejects.toMatchObject(refusal);
    }
    await expect(sources.stat("/etc/passwd")).rejects.toMatchObject({ code: "internal" });
  });

  it("B2: that were replaced after they were resolved fail the import, also when they are as long", async () => {
    await bucket.put("b/1.json", text("first version"));
    const { key, sizeBytes } = await sources.resolve("b/1.json");
    await bucket.put("b/1.json", text("other version"));
    const failure = {
      code: "malformed_file",
      reason: expect.stringMatching(/^the file has changed since its import was requested: s3:\/\/.*\/b\/1.json is/),
    };
    await expect(sources.readInto(key, 0, new Uint8Array(sizeBytes))).rejects.toMatchObject(failure);
    await expect(Array.fromAsync(sources.read(key))).rejects.toMatchObject(failure);
    await expect(sources.stat(key)).rejects.toMatchObject(failure);
    expect(await contents("b/1.json")).toBe("other version");
  });

  it("B2: pin objects that were written in parts", async () => {
    await bucket.put("b/large.json", [new Uint8Array(20_000_000).fill(32)]);
    const { key, sizeBytes } = await sources.resolve("b/large.json");
    const target = new Uint8Array(sizeBytes);
    expect(await sources.readInto(key, 0, target)).toBe(20_000_000);
    await bucket.put("b/large.json", [new Uint8Array(20_000_000).fill(32), new Uint8Array(0)]);
  });

  it("say what is missing", async () => {
    await expect(sources.resolve("/a/none.json")).rejects.toMatchObject({
      ...missing,
      reason: `the file does not exist: s3://${s3.options.bucket}/a/none.json`,
      at: { file: "/a/none.json" },
    });
    await bucket.put("gone.json", text("x"));
    const { key } = await sources.resolve("gone.json");
    await bucket.delete(["gone.json"]);
    expect(await sources.stat(key)).toBeUndefined();
    await expect(sources.readInto(key, 0, new Uint8Array(1))).rejects.toMatchObject(missing);
  });

  it("say that the bucket is missing, not the file", async () => {
    const importBucket = { ...s3.options, bucket: "no-such-bucket" };
    await using wrong = await openSourceStore({ kind: "s3", options: { importBucket, named: [] } });
    await expect(wrong.resolve("a/1.json")).rejects.toMatchObject({
      code: "object_store_unavailable",
      reason: expect.stringContaining('the bucket "no-such-bucket" does not exist'),
    });
  });

  it("list by the keys that they give, without the server's own", async () => {
    const keys = await Array.fromAsync(sources.list("s3:::f"), (info) => info.key);
    expect(keys.map((key) => key.replace(/:[^:]+:/, "::"))).toEqual(["s3:::files-too/1.json"]);
    expect(await sources.stat(keys[0])).toMatchObject({ sizeBytes: 12 });
  });

  it("are never written", async () => {
    await expect(sources.put("s3:::x", [])).rejects.toMatchObject({ code: "unsupported" });
    await expect(sources.delete(["s3:::a/1.json"])).rejects.toMatchObject({ code: "unsupported" });
  });

  describe("beside import roots", () => {
    let root: string;
    let both: SourceStore;
    beforeAll(async () => {
      root = await realpath(await mkdtemp(join(tmpdir(), "sluice-sources-")));
      await writeFile(join(root, "local.json"), "a file");
      await writeFile(join(root, "a"), "below the root");
      both = await openSourceStore({ kind: "s3", options, roots: [root] });
    });
    afterAll(async () => {
      await both?.[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    });

    it("find objects first, files by their place, or when no object has the name", async () => {
      expect(await contents("a/1.json", both)).toBe("import one");
      expect(await contents("archive://x.csv", both)).toBe("archive x");
      expect(await contents(join(root, "local.json"), both)).toBe("a file");
      expect(await contents("local.json", both)).toBe("a file");
      expect(await contents("/local.json", both)).toBe("a file");
    });

    it("open no other file", async () => {
      await expect(both.resolve("/etc/passwd")).rejects.toMatchObject(missing);
      await expect(both.resolve(join(root, "none.json"))).rejects.toMatchObject(missing);
      await expect(both.resolve("file:///etc/passwd")).rejects.toMatchObject(refusal);
      await expect(both.resolve("../etc/passwd")).rejects.toMatchObject(refusal);
      await expect(both.stat("/etc/passwd")).rejects.toMatchObject({ code: "path_refused" });
    });
  });
});
