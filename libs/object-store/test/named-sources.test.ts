import { describe, expect, it } from "@jest/globals";
import { describeObjects, describeSources } from "@sluice/object-store";

const values = {
  s3: "http://minio:9000",
  s3Region: "us-east-1",
  s3Bucket: "segments",
  s3Prefix: "files",
  s3PathStyle: true,
  s3AccessKey: "main",
  s3SecretKey: "main-secret",
  s3Checksums: "crc32",
  importBucket: "imports",
};
const common = { region: "us-east-1", pathStyle: true, checksums: "crc32", maxSockets: 64 };
const place = { ...common, endpoint: "http://minio:9000", bucket: "imports", prefix: "" };
const own = { accessKeyId: "main", secretAccessKey: "main-secret" };
const env = { SLUICE_SOURCE_COLD_STORE_ACCESS_KEY: "cold", SLUICE_SOURCE_COLD_STORE_SECRET_KEY: "cold-secret" };

async function parse(text: string, environment: Record<string, string> = {}) {
  const { sources, secrets } = await describeSources(values, [text], environment);
  return { source: sources[1], secrets };
}

describe("sources by settings", () => {
  it("are the import bucket, folders, and what is named, in this order", async () => {
    const { sources, secrets } = await describeSources({ ...values, importRoot: ["/data"] }, ["archive=s3://old"], {});
    expect(sources.map(({ name, isDefault, kind }) => [name, isDefault, kind])).toEqual([
      ["import-bucket", true, "s3"],
      ["import-root", true, "local"],
      ["archive", false, "s3"],
    ]);
    expect(sources[0]).toMatchObject({ options: place, secret: "s3" });
    expect(secrets).toEqual({ s3: own });
  });

  it("hold no secrets, which travel apart", async () => {
    const all = await describeSources(values, ["cold-store=s3://b", "x=s3://c"], env);
    expect(JSON.stringify(all.sources)).not.toContain("secret-");
    expect(JSON.stringify(all.sources)).not.toMatch(/main-secret|cold-secret|accessKey/);
    expect(all.secrets).toEqual({
      s3: own,
      "source-cold-store": { accessKeyId: "cold", secretAccessKey: "cold-secret" },
    });
  });

  it("keep imports off the server's own objects", async () => {
    const inSegments = await describeSources({ ...values, importBucket: undefined }, ["same=s3://segments/x"], {});
    expect(inSegments.sources.map(({ options }) => (options as { reserved?: string }).reserved)).toEqual([
      "files",
      "files",
    ]);
    const beside = await describeSources(values, [], {});
    expect(beside.sources[0].options).not.toHaveProperty("reserved");
  });

  it("without S3 are folders alone", async () => {
    expect((await describeSources({ importRoot: ["/data"] }, [], {})).sources).toEqual([
      { name: "import-root", isDefault: true, kind: "local", options: { roots: ["/data"] } },
    ]);
    await expect(describeSources({}, ["x=s3://b"], {})).rejects.toThrow("buckets need the setting s3");
  });

  it("take a bucket of the same server, with the same credentials", async () => {
    expect((await parse("archive=s3://old/years/2026/")).source).toEqual({
      ...{ name: "archive", isDefault: false, kind: "s3", secret: "s3" },
      options: { ...place, bucket: "old", prefix: "years/2026" },
    });
  });

  it("take another server with credentials of its own", async () => {
    const text = "cold-store=s3://b?endpoint=https://s3.example.com:9443&region=eu-west-1&path-style=false";
    expect((await parse(text, env)).source).toMatchObject({
      options: { bucket: "b", endpoint: "https://s3.example.com:9443", region: "eu-west-1", pathStyle: false },
      secret: "source-cold-store",
    });
  });

  it("send the credentials of one server to no other", async () => {
    expect((await parse("x=s3://b?endpoint=http://other:1")).source).not.toHaveProperty("secret");
  });

  it("know that AWS has the bucket in the host name", async () => {
    const { source } = await parse("x=s3://b?endpoint=https://s3.eu-west-1.amazonaws.com");
    expect(source.options).toMatchObject({ pathStyle: false });
    expect((await parse("x=s3://b?endpoint=http://other:1")).source.options).toMatchObject({ pathStyle: true });
  });

  it.each([
    ["x", "form NAME=s3://BUCKET"],
    ["Cold=s3://b", "in lower case"],
    ["s3=s3://b", "scheme of URLs"],
    ["import-bucket=s3://b", 'two sources are called "import-bucket"'],
    ["x=http://b/k", "expected NAME=s3://BUCKET"],
    ["x=s3://", "expected NAME=s3://BUCKET"],
    ["x=s3://me:hidden@b", "without user and password"],
    ["x=s3://b?secret=hidden", 'unknown parameter "secret"'],
    ["x=s3://b?path-style=yes", "path-style must be true or false"],
    ["x=s3://b?endpoint=http://me:hidden@host", 'source "x": the S3 endpoint of host holds a user or password'],
  ])("refuse %s", async (text, reason) => {
    const parsing = parse(text);
    await expect(parsing).rejects.toThrow(reason);
    await expect(parsing).rejects.not.toThrow("hidden");
  });

  it("want both halves of credentials", async () => {
    await expect(parse("cold-store=s3://b", { SLUICE_SOURCE_COLD_STORE_ACCESS_KEY: "cold" })).rejects.toThrow(
      "set both SLUICE_SOURCE_COLD_STORE_ACCESS_KEY and SLUICE_SOURCE_COLD_STORE_SECRET_KEY",
    );
    await expect(describeObjects({ ...values, s3SecretKey: undefined })).rejects.toThrow("give both or none");
  });
});

describe("the store of segments", () => {
  it("is the first storage that the settings ask for", async () => {
    expect(await describeObjects({ ...values, dataDir: "/data" })).toEqual({
      storage: { kind: "s3", secret: "s3", options: { ...place, bucket: "segments", prefix: "files" } },
      secrets: { s3: own },
    });
    expect(await describeObjects({ dataDir: "/data" })).toEqual({
      storage: { kind: "local", options: { root: "/data/storage" } },
      secrets: {},
    });
    await expect(describeObjects({})).rejects.toMatchObject({ setting: "s3" });
  });
});
