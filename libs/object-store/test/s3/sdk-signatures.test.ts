import { GetObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { findTarget } from "../../src/s3/direct/s3-target.ts";
import { encodedKey, SigV4Signer } from "../../src/s3/direct/sigv4.ts";
import { openS3Client } from "../../src/s3/s3-client.ts";
import type { S3Options } from "../../src/s3/s3-options.ts";

const options: S3Options = {
  ...{ region: "eu-central-1", bucket: "books", prefix: "", pathStyle: false, checksums: "crc32", maxSockets: 1 },
  credentials: { accessKeyId: "AKID", secretAccessKey: "secret/+", sessionToken: "to/ken=" },
};

interface Signed {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The request that the SDK would send. */
async function signedBySdk(client: ReturnType<typeof openS3Client>, input: object): Promise<Signed> {
  const command = new GetObjectCommand({ Bucket: "books", Key: "k", ...input });
  command.middlewareStack.add(
    () =>
      async ({ request }) =>
        ({ output: request }) as never,
    {
      name: "takeSigned",
      step: "finalizeRequest",
      priority: "low",
    },
  );
  return (await client.send(command)) as unknown as Signed;
}

describe("requests for ranges", () => {
  it("are signed as the SDK signs them", async () => {
    const client = openS3Client(options);
    const signer = new SigV4Signer("eu-central-1");
    const key = fc
      .string({ unit: "binary", minLength: 1, maxLength: 40 })
      .filter((text) => text.isWellFormed() && !text.split("/").some((part) => part === "." || part === ".."));
    await fc.assert(
      fc.asyncProperty(
        key,
        fc.nat(),
        fc.constantFrom("", "9bb58f26192e4ba00f01e2e7b136bbd8", "9bb58f26192e4ba00f01e2e7b136bbd8-5"),
        async (Key, at, etag) => {
          const input = { Key, Range: `bytes=${at}-${at + 9}`, ...(etag !== "" && { IfMatch: `"${etag}"` }) };
          const { path, query, headers } = await signedBySdk(client, input);
          expect(path).toBe(`/${encodedKey(Key)}`);
          const { authorization = headers.Authorization } = headers;
          const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1].split(";") ?? [];
          const all = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
          const signed = Object.fromEntries(names.map((name) => [name, all[name]]));
          const request = { method: "GET", path, query: new URLSearchParams(query).toString(), headers: signed };
          expect(signer.authorization(request, options.credentials as never)).toBe(authorization);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each<[string, Partial<S3Options>, object]>([
    [
      "AWS by the bucket's name",
      {},
      { isTls: true, hostname: "books.s3.eu-central-1.amazonaws.com", port: 443, folder: "/", region: "eu-central-1" },
    ],
    [
      "a bucket with a dot",
      { bucket: "my.books" },
      { hostname: "s3.eu-central-1.amazonaws.com", folder: "/my.books/" },
    ],
    ["another partition", { region: "cn-north-1" }, { hostname: "books.s3.cn-north-1.amazonaws.com.cn" }],
    [
      "a server by its address",
      { endpoint: "http://127.0.0.1:9000", pathStyle: true },
      { isTls: false, hostname: "127.0.0.1", port: 9000, host: "127.0.0.1:9000", folder: "/books/" },
    ],
    [
      "a server's own port",
      { endpoint: "http://minio", pathStyle: true },
      { port: 80, host: "minio", folder: "/books/" },
    ],
    [
      "a server by the bucket's name",
      { endpoint: "https://h:9000" },
      { hostname: "books.h", host: "books.h:9000", folder: "/" },
    ],
    [
      "an access point of another region",
      { bucket: "arn:aws:s3:us-west-2:123456789012:accesspoint:ap" },
      { hostname: "ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com", folder: "/", region: "us-west-2" },
    ],
  ])("go to %s", async (_title, more, target) => {
    const given = { ...options, ...more };
    expect(await findTarget(openS3Client(given), given.bucket, given.region)).toMatchObject({
      service: "s3",
      ...target,
    });
  });

  it("are refused for buckets that want other signatures", async () => {
    const bucket = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap";
    await expect(findTarget(openS3Client({ ...options, bucket }), bucket, "us-east-1")).rejects.toThrow("sigv4a");
  });
});
