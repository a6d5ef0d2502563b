import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { describeExportRoots, ExportRoots } from "@sluice/object-store";

const s3 = {
  ...{ s3: "http://127.0.0.1:9000", s3Bucket: "sluice", s3Prefix: "files", s3Region: "us-east-1", s3PathStyle: true },
  ...{ s3Checksums: "crc32", s3AccessKey: "key", s3SecretKey: "secret" },
};
const described = (texts: string[], values: object = { dataDir: "/data" }, env = {}) =>
  describeExportRoots({ ...values }, texts, env);

describe("export roots", () => {
  it("are folders and buckets by name, with the credentials of the bucket's server, or of their own", async () => {
    const { roots, secrets } = await described(
      ["out=/exports", "cold=s3://archive/deep", "far=s3://b?endpoint=http://far:9000"],
      s3,
      { SLUICE_SOURCE_FAR_ACCESS_KEY: "a", SLUICE_SOURCE_FAR_SECRET_KEY: "b" },
    );
    expect(roots).toMatchObject([
      { name: "out", kind: "local", options: { root: "/exports" } },
      { name: "cold", kind: "s3", options: { bucket: "archive", prefix: "deep", endpoint: s3.s3 }, secret: "s3" },
      { name: "far", kind: "s3", options: { bucket: "b", endpoint: "http://far:9000" }, secret: "source-far" },
    ]);
    expect(JSON.stringify(roots)).not.toMatch(/reserved|accessKey/);
    expect(secrets).toEqual({
      s3: { accessKeyId: "key", secretAccessKey: "secret" },
      "source-far": { accessKeyId: "a", secretAccessKey: "b" },
    });
  });

  it.each<[text: string, values: object, message: RegExp]>([
    ["/exports", {}, /must have the form NAME=\/FOLDER or NAME=s3:\/\/BUCKET\/FOLDER/],
    ["Out=/exports", {}, /its name in lower case/],
    ["s3=/exports", {}, /"s3" cannot be the name/],
    ["out=ftp://host/x", {}, /export root "out": expected/],
    ["out=s3://bucket", {}, /need the setting s3/],
    ["out=/data/storage/deep", { dataDir: "/data" }, /segments lie in \/data\/storage; give a folder beside it/],
    ["out=/data", { dataDir: "/data" }, /segments lie in/],
    ["out=s3://sluice/files/deep", s3, /segments lie there, below "files"; give a folder beside it/],
    ["out=s3://sluice", s3, /segments lie there/],
  ])("%s is refused", async (text, values, message) => {
    await expect(described([text], values)).rejects.toThrow(message);
  });

  it("of one name are refused", async () => {
    await expect(described(["a=/x", "a=/y"])).rejects.toThrow('two export roots are called "a"');
  });

  it("are opened once, and others are refused with those that are open", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-roots-"));
    await using roots = new ExportRoots(await described([`out=${folder}/exports`]));
    const store = await roots.open("out");
    await store.put("a/b.txt", [Buffer.from("x")]);
    expect(await roots.open("out")).toBe(store);
    expect(() => roots.check("in")).toThrow(
      /"in" is no place that exports may go to: open are out:\/\/; the setting --export-root/,
    );
    expect(() => new ExportRoots({ roots: [], secrets: {} }).check("in")).toThrow(/none is open/);
    await rm(folder, { recursive: true });
  });
});
