import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { forEachConcurrent } from "@sluice/async";
import {
  type NamedStorage,
  openMoreSources,
  openSources,
  type S3Credentials,
  type S3ObjectStore,
  type Secrets,
  type SourceRef,
  type Sources,
} from "@sluice/object-store";
import { type SourceFixture, sourceConformance } from "@sluice/object-store/testing";
import { S3Source } from "../../libs/object-store/src/s3/s3-source.ts";
import { describeWithS3, type S3Fixture, startS3 } from "./s3-support.ts";

const suite = describeWithS3;
const text = (value: string) => [new TextEncoder().encode(value)];
const missing = { code: "file_not_found" };
const refusal = { code: "path_refused", reason: expect.stringContaining("--source NAME=s3://BUCKET/FOLDER") };

suite("sources in S3", () => {
  let s3: S3Fixture;
  let bucket: S3ObjectStore;
  let other: S3ObjectStore;
  let descriptions: NamedStorage[];
  let secrets: Secrets;
  let sources: Sources;

  /** Plain data, as it crosses to another process. */
  function described(name: string, isDefault: boolean, more: object): NamedStorage {
    const { credentials: _, ...place } = s3.options;
    return structuredClone({ name, isDefault, kind: "s3", options: { ...place, ...more }, secret: "own" });
  }

  beforeAll(async () => {
    s3 = await startS3();
    secrets = { own: s3.options.credentials as S3Credentials };
    bucket = await s3.open({ prefix: "" });
    const otherBucket = `${s3.options.bucket}-other`;
    other = await s3.open({ bucket: otherBucket, prefix: "" });
    await other.createBucket();
    descriptions = [
      described("import-bucket", true, { reserved: "files" }),
      described("archive", false, { bucket: otherBucket, prefix: "years/2026" }),
      described("same", false, { prefix: "files", reserved: "files" }),
    ];
    sources = await openSources(descriptions, secrets);
    await bucket.put("a/1.json", text("import one"));
    await bucket.put("files/insert_log/1", text("ours"));
    await bucket.put("files-too/1.json", text("not reserved"));
    await other.put("years/2026/x.csv", text("archive x"));
    await other.put("years/2025/x.csv", text("closed"));
  });
  afterAll(async () => {
    for (const store of [sources, bucket, other, s3]) await store?.[Symbol.asyncDispose]();
  });

  async function contentsOf(ref: SourceRef, from = sources): Promise<string> {
    await using file = await from.open(ref);
    const chunks = await Array.fromAsync(file.read());
    const target = new Uint8Array(file.sizeBytes + 1);
    expect(await file.readInto(0, target)).toBe(file.sizeBytes);
    await file.check();
    expect(Buffer.concat(chunks).equals(target.subarray(0, file.sizeBytes))).toBe(true);
    return Buffer.concat(chunks).toString();
  }
  const contents = async (path: string, from = sources) => contentsOf(await from.find(path), from);

  sourceConformance("S3", async (): Promise<SourceFixture> => {
    const prefix = `sources/${Math.random().toString(36).slice(2)}`;
    const store = await s3.open({ prefix });
    const [one, another] = await Promise.all([1, 2].map(() => S3Source.open({ ...s3.options, prefix })));
    return {
      source: one,
      another,
      write: async (key, bytes) => void (await store.put(key, [bytes])),
      remove: (key) => store.delete([key]),
      [Symbol.asyncDispose]: async () => {
        for (const open of [one, another, store]) await open[Symbol.asyncDispose]();
      },
    };
  });

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
    ["a bucket", () => `s3://${s3.options.bucket}`],
    ["a NUL character", () => "a/1\0.json"],
    ["an endless path", () => "x".repeat(1025)],
    ["nothing", () => ""],
  ])("B1: refuse %s", async (_title, path) => {
    await expect(sources.find(path())).rejects.toMatchObject({ ...refusal, at: { file: path() } });
  });

  it("B1: open nothing else, whatever a record says", async () => {
    const ref = await sources.find("a/1.json");
    for (const wrong of [{ source: "nobody" }, { key: "files/insert_log/1" }, { key: "../a" }])
      await expect(sources.open({ ...ref, ...wrong })).rejects.toMatchObject(refusal);
  });

  it("B2: pin objects that were written in parts", async () => {
    await bucket.put("b/large.json", [new Uint8Array(20_000_000).fill(32)]);
    await using file = await sources.open(await sources.find("b/large.json"));
    const target = new Uint8Array(file.sizeBytes);
    expect(await file.readInto(0, target)).toBe(20_000_000);
    await bucket.put("b/large.json", [new Uint8Array(20_000_000).fill(33)]);
    const changed = { code: "malformed_file", reason: expect.stringContaining("is another object now") };
    await expect(file.readInto(0, target)).rejects.toMatchObject(changed);
    await expect(Array.fromAsync(file.read())).rejects.toMatchObject(changed);
  });

  it("say what is missing, and where it was looked for", async () => {
    await expect(sources.find("/a/none.json")).rejects.toMatchObject({
      ...missing,
      reason: `the file does not exist in the bucket "${s3.options.bucket}"`,
      at: { file: "/a/none.json" },
    });
  });

  it("are listed without the server's own objects, however many these are", async () => {
    const own = Array.from({ length: 1100 }, (_, i) => `files/insert_log/${i}`);
    await forEachConcurrent(own, 64, (key) => bucket.put(key, text("ours")));
    const listed = await Array.fromAsync(sources.list(`s3://${s3.options.bucket}/`), ({ path }) => path);
    const below = listed.map((path) => path.slice(`s3://${s3.options.bucket}/`.length));
    expect(below.filter((path) => !path.startsWith("sources/"))).toEqual([
      "a/1.json",
      "b/large.json",
      "files-too/1.json",
    ]);
  });

  it("say of folders that they are none", async () => {
    for (const path of ["a", "a/", "archive://"])
      await expect(sources.find(path)).rejects.toMatchObject({
        code: "path_refused",
        reason: expect.stringMatching(/^the path (is a folder, no file|names no file)/),
      });
  });

  describe("in a bucket that a request names apart", () => {
    it("are found there, by its name or by that of a source", async () => {
      expect((await sources.find("a/1.json", s3.options.bucket)).source).toBe("import-bucket");
      expect((await sources.find("/years/2026/x.csv", `${s3.options.bucket}-other`)).source).toBe("archive");
      expect((await sources.find("x.csv", "archive")).source).toBe("archive");
      expect((await sources.find("archive://x.csv", "archive")).source).toBe("archive");
      expect((await sources.find(`s3://${s3.options.bucket}/a/1.json`, s3.options.bucket)).source).toBe(
        "import-bucket",
      );
    });

    it("are never those of the same name in another", async () => {
      const refused = (why: string) => ({ ...refusal, reason: expect.stringMatching(new RegExp(`^the path ${why}`)) });
      for (const [path, bucketName, why] of [
        ["a/1.json", "nobodys", 'is meant in "nobodys", which is no source of imports'],
        ["years/2025/x.csv", `${s3.options.bucket}-other`, "leads into a part of .* that is not open"],
        ["archive://x.csv", s3.options.bucket, "does not lie in .*, which the option 'bucket' names"],
      ])
        await expect(sources.find(path, bucketName)).rejects.toMatchObject(refused(why));
      await expect(sources.find("a/1.json", "archive")).rejects.toMatchObject(missing);
    });
  });

  it("say that the bucket is missing, not the file", async () => {
    await using wrong = await openSources([described("one", true, { bucket: "no-such-bucket" })], secrets);
    await expect(wrong.find("a/1.json")).rejects.toMatchObject({
      code: "object_store_refused",
      reason: expect.stringContaining('the bucket "no-such-bucket" does not exist'),
    });
  });

  it("list without the server's own objects", async () => {
    const paths = await Array.fromAsync(sources.list("f"), ({ path }) => path);
    expect(paths).toEqual(["files-too/1.json"]);
    expect(await Array.fromAsync(sources.list("archive://"), ({ path }) => path)).toEqual(["archive://x.csv"]);
  });

  describe("that a job brings", () => {
    const jobSource = () => described("mine", true, { bucket: `${s3.options.bucket}-other`, prefix: "" });

    it("come before those of the settings, and hide their defaults", async () => {
      await using more = await openMoreSources(sources, [jobSource()], secrets);
      expect(await contents("years/2025/x.csv", more)).toBe("closed");
      expect(await contents("mine://years/2025/x.csv", more)).toBe("closed");
      expect(await contents("archive://x.csv", more)).toBe("archive x");
      await expect(more.find("a/1.json")).rejects.toMatchObject(missing);
    });

    it("are closed with the job, and the others stay", async () => {
      const more = await openMoreSources(sources, [jobSource()], secrets);
      await using file = await more.open(await more.find("years/2025/x.csv"));
      await more[Symbol.asyncDispose]();
      await expect(file.readInto(0, new Uint8Array(1))).rejects.toMatchObject({ code: "aborted" });
      expect(await contents("a/1.json")).toBe("import one");
    });

    it("take no name of another, need their credentials, and a storage that there is", async () => {
      const open = (more: object, known = secrets) => openMoreSources(sources, [{ ...jobSource(), ...more }], known);
      await expect(open({ name: "archive" })).rejects.toMatchObject({ code: "request_invalid" });
      await expect(open({}, {})).rejects.toThrow('the credentials "own" are not known here');
      await expect(open({ kind: "tape" })).rejects.toMatchObject({ code: "unsupported" });
    });
  });

  describe("beside import roots", () => {
    let root: string;
    let both: Sources;
    beforeAll(async () => {
      root = await realpath(await mkdtemp(join(tmpdir(), "sluice-sources-")));
      await writeFile(join(root, "local.json"), "a file");
      await writeFile(join(root, "a"), "below the root");
      const folders = { name: "import-root", isDefault: true, kind: "local", options: { roots: [root] } };
      both = await openSources([...descriptions, folders], secrets);
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
      await expect(both.find("/etc/passwd")).rejects.toMatchObject(missing);
      await expect(both.find(join(root, "none.json"))).rejects.toMatchObject(missing);
      await expect(both.find("file:///etc/passwd")).rejects.toMatchObject(refusal);
      await expect(both.find("../etc/passwd")).rejects.toMatchObject(refusal);
    });
  });
});
