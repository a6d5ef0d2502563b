import { describe, expect, it } from "@jest/globals";
import { parseS3Source, type S3Options } from "@sluice/object-store";

const importBucket: S3Options = {
  endpoint: "http://minio:9000",
  region: "us-east-1",
  bucket: "imports",
  prefix: "",
  pathStyle: true,
  credentials: { accessKeyId: "main", secretAccessKey: "main-secret" },
  checksums: "crc32",
  maxSockets: 16,
};
const parse = (text: string, env: Record<string, string> = {}) => parseS3Source(text, env, importBucket);
const env = { SLUICE_SOURCE_COLD_STORE_ACCESS_KEY: "cold", SLUICE_SOURCE_COLD_STORE_SECRET_KEY: "cold-secret" };

describe("parseS3Source", () => {
  it("takes a bucket of the same server, with the same credentials", () => {
    expect(parse("archive=s3://old/years/2026/")).toEqual({
      name: "archive",
      options: { ...importBucket, bucket: "old", prefix: "years/2026" },
    });
  });

  it("takes another server with credentials of its own", () => {
    const text = "cold-store=s3://b?endpoint=https://s3.example.com:9443&region=eu-west-1&path-style=false";
    expect(parse(text, env).options).toEqual({
      ...importBucket,
      bucket: "b",
      endpoint: "https://s3.example.com:9443",
      region: "eu-west-1",
      pathStyle: false,
      credentials: { accessKeyId: "cold", secretAccessKey: "cold-secret" },
    });
  });

  it("sends the credentials of one server to no other", () => {
    expect(parse("x=s3://b?endpoint=http://other:1").options.credentials).toBeUndefined();
  });

  it("knows that AWS has the bucket in the host name", () => {
    expect(parse("x=s3://b?endpoint=https://s3.eu-west-1.amazonaws.com").options.pathStyle).toBe(false);
    expect(parse("x=s3://b?endpoint=http://other:1").options.pathStyle).toBe(true);
  });

  it.each([
    ["x", "form NAME=s3://BUCKET"],
    ["Cold=s3://b", "in lower case"],
    ["s3=s3://b", "scheme of URLs"],
    ["x=http://b/k", "expected NAME=s3://BUCKET"],
    ["x=s3://", "expected NAME=s3://BUCKET"],
    ["x=s3://me:hidden@b", "without user and password"],
    ["x=s3://b?secret=hidden", 'unknown parameter "secret"'],
    ["x=s3://b?path-style=yes", "path-style must be true or false"],
    ["x=s3://b?endpoint=http://me:hidden@host", 'source "x": the S3 endpoint of host holds a user or password'],
  ])("refuses %s", (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
    expect(() => parse(text)).not.toThrow("hidden");
  });

  it("wants both halves of the credentials", () => {
    expect(() => parse("cold-store=s3://b", { SLUICE_SOURCE_COLD_STORE_ACCESS_KEY: "cold" })).toThrow(
      "set both SLUICE_SOURCE_COLD_STORE_ACCESS_KEY and SLUICE_SOURCE_COLD_STORE_SECRET_KEY",
    );
  });
});
